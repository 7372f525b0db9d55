import { elements, type Shape } from '../../core/value.ts';
import { type Constant, isBatch, listOf } from './constant.ts';
import type { OnnxNode } from './node.ts';
import { axesOf, reshapedSizes, slicedAxes } from './shape-rules.ts';

/** What a node gives of constants alone; undefined for an operator that nothing is known of. Its name is the caller's. */
export function foldConstants(node: OnnxNode, inputs: readonly (Constant | undefined)[]): Constant | undefined {
  const rule = Object.hasOwn(RULES, node.operator) ? RULES[node.operator] : undefined;
  return rule?.(new Folding(node, inputs));
}

class Folding {
  constructor(
    readonly node: OnnxNode,
    readonly inputs: readonly (Constant | undefined)[],
  ) {}

  get(index: number): Constant {
    const found = this.inputs[index];
    if (!found) throw this.node.fault(`its input ${index} is missing`, 'the file is damaged');
    return found;
  }

  take(shape: Shape): number {
    const count = elements(shape);
    this.node.take(count);
    return count;
  }

  /** A tensor of that shape whose element i is element `source(i)` of a constant. */
  moved(from: Constant, shape: Shape, source: (index: number) => number): Constant {
    const count = this.take(shape);
    const data = arrayLike(from, count);
    for (let index = 0; index < count; index++) data[index] = from.data[source(index)] ?? 0;
    return { ...from, shape, data };
  }
}

type Rule = (folding: Folding) => Constant;

const RULES: Readonly<Record<string, Rule>> = {
  Constant: ({ node }) => constantOf(node),
  Identity: (folding) => folding.get(0),
  Dropout: (folding) => {
    folding.node.read('ratio');
    return folding.get(0);
  },
  Cast: (folding) => {
    const { range, ...from } = folding.get(0);
    folding.node.integer('saturate', 1);
    const to = folding.node.integer('to', 1);
    if ([1, 10, 11, 16].includes(to)) return range && isList(from.data) ? { ...from, data: Float32Array.from(from.data) } : from;
    if (!range && Array.prototype.some.call(from.data, (value: number) => !Number.isInteger(value)))
      throw folding.node.fault('it rounds constants to integers', 'export the network with its weights as numbers');
    return { ...from, range: range ?? [-(2 ** 53), 2 ** 53] };
  },
  Reshape: (folding) => {
    const from = folding.get(0);
    const sizes = listOf(folding.node.where, folding.get(1));
    return { ...from, shape: reshapedSizes(folding.node, from.shape, sizes, folding.node.flag('allowzero', false)) };
  },
  Flatten: (folding) => {
    const from = folding.get(0);
    const axis = folding.node.integer('axis', 1);
    const at = axis < 0 ? axis + from.shape.length : axis;
    return { ...from, shape: [elements(from.shape.slice(0, at)), elements(from.shape.slice(at))] };
  },
  Squeeze: (folding) => {
    const from = folding.get(0);
    const axes =
      axesOf(folding.node, folding.inputs[1], from.shape.length) ??
      from.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
    const wrong = axes.find((axis) => from.shape[axis] !== 1);
    if (wrong !== undefined)
      throw folding.node.fault(`axis ${wrong} is of size ${from.shape[wrong]}, not 1`, 'the file is damaged');
    return { ...from, shape: from.shape.filter((_, axis) => !axes.includes(axis)) };
  },
  Unsqueeze: (folding) => {
    const from = folding.get(0);
    const given = folding.inputs[1] ? listOf(folding.node.where, folding.get(1)) : (folding.node.integers('axes') ?? []);
    const rank = from.shape.length + given.length;
    const axes = given.map((axis) => (axis < 0 ? axis + rank : axis));
    const rest = [...from.shape];
    return { ...from, shape: Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (rest.shift() ?? 1))) };
  },
  Transpose: (folding) => {
    const from = folding.get(0);
    const rank = from.shape.length;
    const order = folding.node.integers('perm', rank) ?? from.shape.map((_, axis) => rank - 1 - axis);
    if (new Set(order).size !== rank || order.some((axis) => axis < 0 || axis >= rank))
      throw folding.node.attributeFault('perm', `[${order.join(', ')}] is no order of ${rank} axes`, 'the file is damaged');
    const strides = stridesOf(from.shape);
    const shape = order.map((axis) => from.shape[axis] ?? 1);
    return folding.moved(
      from,
      shape,
      positionBy(
        shape,
        order.map((axis) => strides[axis] ?? 0),
      ),
    );
  },
  Concat: (folding) => {
    const { node } = folding;
    const parts = folding.inputs.map((_, index) => folding.get(index));
    const [first] = parts;
    if (!first) throw node.fault('it has no inputs', 'the file is damaged');
    const axis = normalAxis(node, node.integer('axis', 0), first.shape.length);
    const fits = parts.every(
      ({ shape }) => shape.length === first.shape.length && shape.every((size, at) => at === axis || size === first.shape[at]),
    );
    if (!fits) throw node.fault('the shapes of its constants do not fit together', 'the file is damaged');
    const shape = first.shape.map((size, at) =>
      at === axis ? parts.reduce((sum, part) => sum + (part.shape[axis] ?? 0), 0) : size,
    );
    const data = arrayLike(first, folding.take(shape));
    const inner = elements(first.shape.slice(axis + 1));
    const outer = elements(first.shape.slice(0, axis));
    let at = 0;
    for (let row = 0; row < outer; row++)
      for (const part of parts) {
        const run = (part.shape[axis] ?? 0) * inner;
        for (let i = 0; i < run; i++) data[at++] = part.data[row * run + i] ?? 0;
      }
    return { ...first, shape, data };
  },
  Gather: (folding) => {
    const { node } = folding;
    const from = folding.get(0);
    const indices = folding.get(1);
    const axis = normalAxis(node, node.integer('axis', 0), from.shape.length);
    const size = from.shape[axis] ?? 1;
    const inner = elements(from.shape.slice(axis + 1));
    const shape = [...from.shape.slice(0, axis), ...indices.shape, ...from.shape.slice(axis + 1)];
    const count = elements(indices.shape);
    return folding.moved(from, shape, (index) => {
      const chosen = indices.data[Math.floor(index / inner) % count] ?? 0;
      if (!(chosen >= -size && chosen < size)) throw node.fault(`index ${chosen} lies outside of ${size}`, 'the file is damaged');
      return (Math.floor(index / (inner * count)) * size + (chosen < 0 ? chosen + size : chosen)) * inner + (index % inner);
    });
  },
  Slice: (folding) => {
    const from = folding.get(0);
    const sliced = slicedAxes(folding.node, folding.inputs, from.shape);
    const strides = stridesOf(from.shape);
    const steps = sliced.map(({ step }, axis) => step * (strides[axis] ?? 0));
    const origin = sliced.reduce((sum, { start }, axis) => sum + start * (strides[axis] ?? 0), 0);
    const shape = sliced.map(({ size }) => size);
    const position = positionBy(shape, steps);
    return folding.moved(from, shape, (index) => origin + position(index));
  },
  ConstantOfShape: (folding) => {
    const { node } = folding;
    const shape = listOf(node.where, folding.get(0));
    const value = node.read('value');
    const fill = typeof value === 'object' && 'shape' in value ? value : { name: '', shape: [1], data: [0] };
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0))
      throw node.fault('its shape is not known', 'give the batch a size');
    return folding.moved(fill, shape, () => 0);
  },
  Expand: (folding) => {
    const { node } = folding;
    const from = folding.get(0);
    const wanted = listOf(node.where, folding.get(1));
    return broadcast(folding, from, broadcastShape(node, from.shape, wanted));
  },
  DequantizeLinear: (folding) => dequantized(folding),
  QuantizeLinear: (folding) => quantized(folding),
  ...calculations({
    Add: (a, b) => a + b,
    Sub: (a, b) => a - b,
    Mul: (a, b) => a * b,
    Div: (a, b, isInteger) => (isInteger ? Math.trunc(a / b) : a / b),
    Pow: (a, b) => a ** b,
    Neg: (a) => -a,
    Sqrt: (a) => Math.sqrt(a),
    Reciprocal: (a) => 1 / a,
    Exp: (a) => Math.exp(a),
    Abs: (a) => Math.abs(a),
  }),
};

function constantOf(node: OnnxNode): Constant {
  const value = node.read('value');
  if (typeof value === 'object' && 'shape' in value) return value;
  const name = node.outputs[0] ?? '';
  const range: [number, number] = [-(2 ** 53), 2 ** 53];
  if (node.has('value_int')) return { name, shape: [], data: [node.integer('value_int', 0)], range };
  const list = node.integers('value_ints');
  if (list) return { name, shape: [list.length], data: list, range };
  if (node.has('value_float')) return { name, shape: [], data: [node.number('value_float', 0)] };
  const floats = node.read('value_floats');
  if (Array.isArray(floats)) return { name, shape: [floats.length], data: floats as number[] };
  throw node.fault('it holds no tensor of numbers', 'texts and sparse tensors are not read');
}

/** Element by element, broadcast. A size that is not known can't be calculated with. */
function calculations(
  operators: Readonly<Record<string, (a: number, b: number, isInteger: boolean) => number>>,
): Record<string, Rule> {
  return Object.fromEntries(
    Object.entries(operators).map(([operator, of]): [string, Rule] => [
      operator,
      (folding) => {
        const { node, inputs } = folding;
        const a = folding.get(0);
        const isInteger = a.range !== undefined;
        const b = inputs.length > 1 ? folding.get(1) : a;
        if (isInteger && [...Array.from(a.data), ...Array.from(b.data)].some(isBatch))
          throw node.fault(
            'it calculates with the size of the batch, which the file leaves open',
            'export the network for batches of 1',
          );
        const shape = broadcastShape(node, a.shape, b.shape);
        const [left, right] = [broadcast(folding, a, shape), broadcast(folding, b, shape)];
        const data = Float64Array.from({ length: left.data.length }, (_, index) =>
          of(left.data[index] ?? 0, right.data[index] ?? 0, isInteger),
        );
        return { ...a, shape, data: isInteger ? data : Float32Array.from(data) };
      },
    ]),
  );
}

function broadcastShape(node: OnnxNode, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [a[axis + a.length - rank] ?? 1, b[axis + b.length - rank] ?? 1];
    if (left !== right && left !== 1 && right !== 1)
      throw node.fault(
        `its constants of shapes [${a.join(', ')}] and [${b.join(', ')}] do not fit together`,
        'the file is damaged',
      );
    if (!Number.isSafeInteger(left) || !Number.isSafeInteger(right))
      throw node.fault('its shape is not known', 'give the batch a size');
    return left === 1 ? right : left;
  });
}

function broadcast(folding: Folding, from: Constant, shape: Shape): Constant {
  const strides = stridesOf(from.shape);
  const lead = shape.length - from.shape.length;
  const steps = shape.map((_, axis) => (axis < lead || from.shape[axis - lead] === 1 ? 0 : (strides[axis - lead] ?? 0)));
  return folding.moved(from, shape, positionBy(shape, steps));
}

/** Scale and zero point of a quantisation, for each element: one for all, one a slice of an axis, or one a block of it. */
function quantization(folding: Folding, count: number, shape: Shape) {
  const { node, inputs } = folding;
  const scale = folding.get(1);
  const zero = inputs[2];
  const many = elements(scale.shape);
  if (zero && elements(zero.shape) !== many)
    throw node.fault('it has more zero points than scales, or fewer', 'the file is damaged');
  if (node.integer('block_size', 0) !== 0)
    throw node.attributeFault('block_size', 'quantises in blocks', 'needed is one scale a tensor, or one a slice of an axis');
  const given = node.integer('axis', 1);
  const axis = many === 1 ? 0 : normalAxis(node, given, shape.length);
  if (many !== 1 && many !== shape[axis])
    throw node.fault(`it has ${many} scales for an axis of ${shape[axis]}`, 'the file is damaged');
  const inner = many === 1 ? count : elements(shape.slice(axis + 1));
  const slice = (index: number) => (many === 1 ? 0 : Math.floor(index / inner) % many);
  return {
    scaleAt: (index: number) => scale.data[slice(index)] ?? 1,
    zeroAt: (index: number) => zero?.data[slice(index)] ?? 0,
    zero,
  };
}

function dequantized(folding: Folding): Constant {
  const { name, data, shape } = folding.get(0);
  const count = folding.take(shape);
  const { scaleAt, zeroAt } = quantization(folding, count, shape);
  folding.node.integer('output_dtype', 0);
  return { name, shape, data: Float32Array.from({ length: count }, (_, i) => ((data[i] ?? 0) - zeroAt(i)) * scaleAt(i)) };
}

function quantized(folding: Folding): Constant {
  const { node } = folding;
  const { name, data, shape } = folding.get(0);
  const count = folding.take(shape);
  const { scaleAt, zeroAt, zero } = quantization(folding, count, shape);
  node.flag('saturate', true);
  if (!zero?.range && node.integer('output_dtype', 2) !== 2)
    throw node.attributeFault('output_dtype', 'stands without a zero point', 'give the zero point, whose type it is');
  const [least, most] = zero?.range ?? [0, 255];
  const nearest = (x: number) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
  const integer = (i: number) => Math.min(most, Math.max(least, nearest((data[i] ?? 0) / scaleAt(i)) + zeroAt(i)));
  return { name, shape, data: Float64Array.from({ length: count }, (_, i) => integer(i)), range: [least, most] };
}

function normalAxis(node: OnnxNode, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (normal < 0 || normal >= rank)
    throw node.attributeFault('axis', `${axis} lies outside of ${rank} axes`, 'the file is damaged');
  return normal;
}

function stridesOf(shape: Shape): number[] {
  return shape.map((_, axis) => elements(shape.slice(axis + 1)));
}

/** Where an element of this shape lies, of a tensor that moves so many elements for a step along each axis. */
function positionBy(shape: Shape, steps: readonly number[]): (index: number) => number {
  return (index) => {
    let rest = index;
    let position = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1;
      position += (rest % size) * (steps[axis] ?? 0);
      rest = Math.floor(rest / size);
    }
    return position;
  };
}

const isList = (data: ArrayLike<number>) => !(data instanceof Float32Array);

function arrayLike({ range }: Constant, count: number): Float32Array | Float64Array {
  return range ? new Float64Array(count) : new Float32Array(count);
}
