import { ShapeError } from '../core/errors.ts';
import { formatShape, type Shape } from '../core/value.ts';
import { apply, first, required, type Tensor, type TensorType } from '../graph/tensor.ts';
import type { Calculation } from '../kernels/arithmetic.ts';
import { broadcastFamily } from '../kernels/forward.ts';
import { spread, walk } from '../kernels/strided.ts';
import type { DifferentiableOperation } from './differentiable.ts';

export interface CalculationAttributes {
  /** The public operation, for errors. */
  readonly label: string;
  readonly calculation: Calculation;
  readonly factor: number;
  /** What the inputs are broadcast to besides each other [nothing]. */
  readonly shape?: Shape;
  /** [an activation, unless every input is f32] */
  readonly type?: TensorType;
}

/** Inputs of a calculation: one to three tensors, which NumPy's rule repeats along axes of one element. */
export type Terms = { readonly a: Tensor; readonly b?: Tensor; readonly c?: Tensor };

/** factor calculation(a, b, c), element by element. */
export function calculated(
  label: string,
  calculation: Calculation,
  terms: Terms,
  { factor = 1, shape, type }: { factor?: number; shape?: Shape; type?: TensorType } = {},
): Tensor {
  return first(apply(calculationOperation, terms, { label, calculation, factor, shape, type }));
}

/** The shape that tensors have after NumPy's rule: axes are aligned at the last, and one of one element is repeated. */
export function broadcastShape(label: string, shapes: Readonly<Record<string, Shape>>): Shape {
  const axes = Math.max(...Object.values(shapes).map(({ length }) => length));
  return Array.from({ length: axes }, (_, axis) => {
    const sizes = Object.values(shapes).map((shape) => shape[axis - (axes - shape.length)] ?? 1);
    const size = Math.max(...sizes);
    if (!sizes.every((own) => own === 1 || own === size))
      throw new ShapeError(
        `${label}: ${Object.entries(shapes)
          .map(([name, shape]) => `'${name}' has shape ${formatShape(shape)}`)
          .join(' and ')}; aligned at the last axis, sizes must be the same or 1`,
      );
    return size;
  });
}

/** What is calculated from activations is one; from parameters, labels and their like, f32. */
export function jointType(tensors: readonly Tensor[]): TensorType {
  return tensors.every(({ type }) => type === 'f32') ? 'f32' : 'activation';
}

export const calculationOperation: DifferentiableOperation<CalculationAttributes> = {
  name: 'calculation',
  infer(inputs, { label, shape, type }) {
    const shapes = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, tensor.shape]));
    return [
      {
        shape: broadcastShape(label, { ...shapes, ...(shape && { 'the result': shape }) }),
        type: type ?? jointType(Object.values(inputs)),
      },
    ];
  },
  lower(node, lowering) {
    const y = first(node);
    const { b, c } = node.inputs;
    const operand = (tensor: Tensor) => spread(tensor.shape, lowering.view(tensor), y.shape);
    const { sizes, operands } = walk(y.shape, {
      a: operand(required(node, 'a')),
      b: b && operand(b),
      c: c && operand(c),
      y: operand(y),
    });
    const { calculation, factor } = node.attributes;
    const problem = { replicas: lowering.replicas, calculation, factor, sizes, ...operands };
    lowering.dispatch(broadcastFamily, problem, [required(node, 'a'), b, c, y]);
  },
};
