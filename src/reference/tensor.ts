import { OptionError, ShapeError } from '../core/errors.ts';
import { elements, formatShape, type Shape } from '../core/value.ts';
import type { Attributes, Tensor64, Tensors64 } from './reference.ts';

export function zeros(shape: Shape): Tensor64 {
  return { shape, data: new Float64Array(elements(shape)) };
}

/** The element at flat index `i`; throws a RangeError outside the array, so that no loop reads past a tensor unnoticed. */
export function at(data: Float64Array, i: number): number {
  if (!(i >= 0 && i < data.length)) outside(data, i);
  return data[i] as number;
}

export function addAt(data: Float64Array, i: number, value: number): void {
  data[i] = at(data, i) + value;
}

function outside(data: Float64Array, i: number): never {
  throw new RangeError(`index ${i} is outside a tensor of ${data.length} elements`);
}

/**
 * The sum over i below `count` of a[aStart + i aStep] b[bStart + i bStep]: a row times a column. A function of its own because
 * V8 compiles loops inside long functions badly (a factor of 20 here).
 */
export function dot(
  count: number,
  a: Float64Array,
  aStart: number,
  aStep: number,
  b: Float64Array,
  bStart: number,
  bStep: number,
): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += at(a, aStart + i * aStep) * at(b, bStart + i * bStep);
  return sum;
}

/** Adds factor b[bStart + i bStep] to a[aStart + i aStep] for each i below `count`. */
export function addMultiple(
  count: number,
  a: Float64Array,
  aStart: number,
  aStep: number,
  factor: number,
  b: Float64Array,
  bStart: number,
  bStep: number,
): void {
  for (let i = 0; i < count; i++) a[aStart + i * aStep] = at(a, aStart + i * aStep) + factor * at(b, bStart + i * bStep);
}

/** The input called `name`; throws a ShapeError when it is missing. */
export function given(op: string, inputs: Tensors64, name: string): Tensor64 {
  const tensor = inputs[name];
  if (!tensor)
    throw new ShapeError(`${op}: the input ${name} is missing; given were ${Object.keys(inputs).join(', ') || 'none'}`);
  return tensor;
}

/** The four sizes of an image batch [N, H, W, C] or of a filter [KH, KW, C / groups, K]. */
export function sizes4(what: string, tensor: Tensor64): [number, number, number, number] {
  const [a, b, c, d] = tensor.shape;
  if (tensor.shape.length !== 4 || a === undefined || b === undefined || c === undefined || d === undefined)
    throw new ShapeError(`${what} must have four axes, got ${formatShape(tensor.shape)}`);
  return [a, b, c, d];
}

/** The two sizes of a matrix. */
export function sizes2(what: string, tensor: Tensor64): [number, number] {
  const [a, b] = tensor.shape;
  if (tensor.shape.length !== 2 || a === undefined || b === undefined)
    throw new ShapeError(`${what} must have two axes, got ${formatShape(tensor.shape)}`);
  return [a, b];
}

/** A tensor seen as rows of its last axis: [rows, width]. */
export function rowsOf(what: string, tensor: Tensor64): [number, number] {
  const width = tensor.shape.at(-1);
  if (width === undefined) throw new ShapeError(`${what} must have at least one axis, got a scalar`);
  return [tensor.data.length / width, width];
}

/** `f` of each element, in a tensor of the same shape. */
export function map(tensor: Tensor64, f: (value: number, index: number) => number): Tensor64 {
  return { shape: tensor.shape, data: tensor.data.map(f) };
}

/** A finite number among the attributes, or the default. */
export function numberAttribute(op: string, attributes: Attributes, name: string, otherwise?: number): number {
  const value = attributes[name] ?? otherwise;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new OptionError(`${op}: ${name} must be a finite number, got ${String(value)}`);
  return value;
}
