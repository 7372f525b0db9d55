import { OptionError, ShapeError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { elements, formatShape, type Shape } from '../core/value.ts';
import type { Lowering, Operand } from '../graph/operation.ts';
import { apply, first, required, type Tensor } from '../graph/tensor.ts';
import type { Calculation } from '../kernels/arithmetic.ts';
import { sumFamily } from '../kernels/forward.ts';
import type { Summand } from '../kernels/reduce.ts';
import { packedSteps, type Strided, spread, stepsOf, walk } from '../kernels/strided.ts';
import { sumSplits } from '../kernels/sum-splits.ts';
import { broadcastShape, jointType, type Terms } from './calculation.ts';
import type { DifferentiableOperation } from './differentiable.ts';

/** Which axes are summed, negative ones counted from the last [all], and whether they stay as axes of one element [false]. */
export interface AxesAttributes {
  readonly axes?: readonly number[];
  readonly keepDims?: boolean;
}

export interface ReductionAttributes {
  /** The public operation, for errors. */
  readonly label: string;
  readonly calculation: Calculation;
  readonly factor: number;
  /** Of the shape that the inputs are broadcast to. */
  readonly axes: readonly number[];
  /** Of the result: the kept axes, with or without others of one element. */
  readonly shape: Shape;
  /** The result is the gradient of a parameter. */
  readonly ofParameter?: boolean;
  /** The result is f32 in mixed precision too, as sums of squares must be, which f16 loses [false]. */
  readonly inF32?: boolean;
}

export function sum(inputs: { x: Tensor }, attributes: AxesAttributes = {}): Tensor {
  return reduced('sum', inputs.x, attributes, () => 1);
}

export function mean(inputs: { x: Tensor }, attributes: AxesAttributes = {}): Tensor {
  return reduced('mean', inputs.x, attributes, (count) => 1 / count);
}

function reduced(label: string, x: Tensor, attributes: AxesAttributes, factor: (count: number) => number): Tensor {
  const axes = checkAxes(label, x.shape, attributes.axes);
  const { keepDims = false } = attributes;
  if (typeof keepDims !== 'boolean') throw new OptionError(`${label}: keepDims must be true or false, got ${shown(keepDims)}`);
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const shape = keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis));
  const count = elements(x.shape) / elements(kept);
  return summed(label, 'copy', { a: x }, { axes, shape, factor: factor(count) });
}

function checkAxes(label: string, shape: Shape, axes: unknown): number[] {
  if (axes === undefined) return shape.map((_, axis) => axis);
  if (!Array.isArray(axes) || !axes.every((axis) => Number.isSafeInteger(axis)))
    throw new OptionError(`${label}: axes must be a list of whole numbers, got ${shown(axes)}; write axes: [0] for one`);
  const found = axes.map((axis: number) => (axis < 0 ? axis + shape.length : axis));
  const outside = axes.find((_, i) => !(found[i] !== undefined && found[i] >= 0 && found[i] < shape.length));
  if (outside !== undefined)
    throw new ShapeError(
      `${label}: 'x' ${formatShape(shape)} has no axis ${outside}; it has ${shape.length}, counted from 0 or from -1 backwards`,
    );
  if (new Set(found).size < found.length) throw new OptionError(`${label}: axes ${formatShape(axes)} name one axis twice`);
  return found;
}

/** factor times the sum over axes of calculation(a, b, c). */
export function summed(
  label: string,
  calculation: Calculation,
  terms: Terms,
  attributes: Pick<ReductionAttributes, 'axes' | 'shape' | 'ofParameter' | 'inF32'> & { factor?: number },
): Tensor {
  return first(apply(reductionOperation, terms, { factor: 1, ...attributes, label, calculation }));
}

/**
 * The sum of calculation(a, b, c) over all axes along which `tensor` is repeated in it: the gradient of what was broadcast. The result
 * is of the tensor's shape.
 */
export function summedLike(tensor: Tensor, label: string, calculation: Calculation, terms: Terms, factor = 1): Tensor {
  const { shape } = tensor;
  const whole = sizesOf(label, terms);
  const missing = whole.length - shape.length;
  const axes = whole.flatMap((size, axis) => (size > 1 && (shape[axis - missing] ?? 1) === 1 ? [axis] : []));
  return summed(label, calculation, terms, { axes, shape, factor, ofParameter: tensor.parameterGradient });
}

export function sizesOf(label: string, terms: Readonly<Record<string, Tensor>> | Terms): Shape {
  const shapes = Object.entries(terms).flatMap(([name, tensor]) => (tensor ? [[name, tensor.shape] as const] : []));
  return broadcastShape(label, Object.fromEntries(shapes));
}

export const reductionOperation: DifferentiableOperation<ReductionAttributes> = {
  name: 'reduction',
  infer: (inputs, { shape, ofParameter = false, inF32 = false }) => [
    { shape, parameterGradient: ofParameter, type: ofParameter || inF32 ? 'f32' : jointType(Object.values(inputs)) },
  ],
  lower(node, lowering) {
    const { label, axes, calculation, factor } = node.attributes;
    const y = first(node);
    const { b, c } = node.inputs;
    const a = required(node, 'a');
    const whole = sizesOf(label, node.inputs);
    const kept = whole.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
    const operand = (tensor: Tensor) => spread(tensor.shape, lowering.view(tensor), whole);
    const operands = { a: operand(a), b: b && operand(b), c: c && operand(c) };
    const terms = walk(
      only(axes, whole),
      withOperands(operands, (strided) => ({ ...strided, steps: only(axes, strided.steps) })),
    );
    const [itemCount, count] = [elements(only(kept, whole)), elements(terms.sizes)];
    const { splits, perSplit } = sumSplits(itemCount, count);
    const items = walk(only(kept, whole), {
      ...withOperands(operands, (strided) => ({ ...strided, steps: only(kept, strided.steps) })),
      y: keptSteps(y, whole, kept, lowering),
    });
    const withTerms = (name: 'a' | 'b' | 'c') => {
      const [item, term] = [items.operands[name], terms.operands[name]];
      return item && term && { ...item, terms: term.steps };
    };
    const problem = {
      replicas: lowering.replicas,
      calculation,
      sizes: items.sizes,
      summed: terms.sizes,
      splits,
      perSplit,
      a: withTerms('a') as Summand,
      b: withTerms('b'),
      c: withTerms('c'),
    };
    const sums = { tensor: y, sizes: items.sizes, destination: items.operands.y, splits, factor };
    lowerSums(lowering, sums, ({ operand, ...parts }) =>
      lowering.dispatch(sumFamily, { ...problem, ...parts }, [a, b, c, operand]),
    );
  },
};

/** Sums that are made in parts, each an element of a tensor that lies along axes of `sizes`. */
interface Sums {
  readonly tensor: Tensor;
  readonly sizes: Shape;
  readonly destination: Strided;
  readonly splits: number;
  readonly factor: number;
}

/** Where partial sums go, `part` elements apart, and by what they are multiplied. */
interface Parts {
  readonly operand: Operand;
  readonly y: Strided;
  readonly part: number;
  readonly factor: number;
}

/** Emits what makes the partial sums, and what adds them where nobody else does. */
export function lowerSums(
  lowering: Lowering,
  { tensor, sizes, destination, splits, factor }: Sums,
  emit: (parts: Parts) => void,
): void {
  if (splits === 1) {
    emit({ operand: tensor, y: destination, part: destination.replicaStride, factor });
    return;
  }
  const steps = packedSteps(sizes);
  if (tensor.parameterGradient) {
    const part = destination.replicaStride;
    emit({ operand: lowering.partialSums(tensor, splits), y: { offset: 0, steps, replicaStride: part }, part, factor });
    return;
  }
  const part = elements(sizes);
  const operand = lowering.scratch(part * splits * lowering.replicas);
  emit({ operand, y: { offset: 0, steps, replicaStride: part }, part, factor: 1 });
  const problem = {
    replicas: lowering.replicas,
    calculation: 'copy',
    factor,
    sizes,
    summed: [splits],
    splits: 1,
    perSplit: splits,
    part: destination.replicaStride,
    a: { offset: 0, replicaStride: part * splits, steps, terms: [part] },
    y: destination,
  } as const;
  lowering.dispatch(sumFamily, problem, [operand, undefined, undefined, tensor]);
}

function only(axes: readonly number[], numbers: readonly number[]): number[] {
  return axes.map((axis) => numbers[axis] ?? 1);
}

function withOperands<O extends { readonly [name: string]: Strided | undefined }>(
  operands: O,
  f: (operand: Strided) => Strided,
): O {
  return Object.fromEntries(Object.entries(operands).map(([name, operand]) => [name, operand && f(operand)])) as O;
}

/** The steps of the result along the kept axes: axes of one element may be missing in its shape, or more of them be in it. */
function keptSteps(y: Tensor, whole: Shape, kept: readonly number[], lowering: Lowering): Strided {
  const view = lowering.view(y);
  const steps = stepsOf(y.shape, view).filter((_, axis) => y.shape[axis] !== 1);
  let next = 0;
  return {
    offset: view.offset,
    replicaStride: view.replicaStride,
    steps: kept.map((axis) => (whole[axis] === 1 ? 0 : (steps[next++] ?? 0))),
    type: view.type,
  };
}
