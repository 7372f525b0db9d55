import { ShapeError } from './errors.ts';
import { shown } from './shown.ts';

export type Shape = readonly number[];

/** A dense float32 array in row-major order; shape [] is a scalar of one element. */
export interface Value {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Number of elements. */
export function elements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** `[2, 3]`, as errors print it. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** A value of other numbers is the mistake to expect: pixels as a data set has them, which a model does not. */
function shownValue(value: unknown): string {
  const { shape, data } = (value ?? {}) as Partial<Record<keyof Value, unknown>>;
  if (!Array.isArray(shape) || data === undefined) return shown(value);
  const advice = ArrayBuffer.isView(data)
    ? '; give what the model sees, for pixels Float32Array.from(data, (v) => v * scale + offset) with the scale (1 / 255 for bytes) and offset of the data set it was trained on'
    : '';
  return `{ shape, data } with data ${shown(data)}${advice}`;
}

/** Throws a ShapeError unless every size is a positive integer and `data` has as many elements; `advice` is for what is no value. */
export function checkValue(what: string, value: Value, advice?: string): void {
  if (!value || !Array.isArray(value.shape) || !(value.data instanceof Float32Array))
    throw new ShapeError(
      `${what} must be { shape: number[], data: Float32Array }, got ${shownValue(value)}${advice ? `; ${advice}` : ''}`,
    );
  checkShape(what, value.shape);
  if (value.data.length !== elements(value.shape))
    throw new ShapeError(
      `${what} has shape ${formatShape(value.shape)}, which is ${elements(value.shape)} elements, but its data has ${value.data.length}`,
    );
}

/** Throws a ShapeError unless every size is a positive integer, and their product is one that a number holds exactly. */
export function checkShape(what: string, shape: Shape): void {
  if (!Array.isArray(shape)) throw new ShapeError(`${what}: a shape must be an array of sizes, got ${shown(shape)}`);
  for (const size of shape)
    if (!Number.isSafeInteger(size) || size < 1)
      throw new ShapeError(`${what} has shape ${formatShape(shape)}; every size must be a positive integer`);
  checkCountable(`${what} has shape ${formatShape(shape)}: its elements`, elements(shape));
}

/** Throws a ShapeError where a count is so large that it is no longer exact; `what` is a plural. */
export function checkCountable(what: string, count: number): void {
  if (count > Number.MAX_SAFE_INTEGER) throw new ShapeError(`${what} are more than can be counted (2^53 - 1); make it smaller`);
}
