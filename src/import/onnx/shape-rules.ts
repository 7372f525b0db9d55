import { elements, formatShape, type Shape } from '../../core/value.ts';
import { type Constant, isBatch, listOf } from './constant.ts';
import type { OnnxNode } from './node.ts';

/** What a Reshape makes of a shape: 0 keeps a size, -1 is what is left. A size may be BATCH, on both sides. */
export function reshapedSizes(node: OnnxNode, from: Shape, wanted: readonly number[], zeroIsZero: boolean): number[] {
  const sizes = wanted.map((size, axis) => (size === 0 && !zeroIsZero ? (from[axis] ?? 0) : size));
  const wrong = sizes.find((size) => !isBatch(size) && (!Number.isSafeInteger(size) || size < -1 || size === 0));
  const open = sizes.indexOf(-1);
  const fault = (problem: string) =>
    node.fault(
      `it reshapes ${shownSizes(from)} to ${shownSizes(wanted)}: ${problem}`,
      'the file is damaged, or made for another input',
    );
  if (wrong !== undefined) throw fault(`${wrong} is no size`);
  const known = (shape: readonly number[]) => elements(shape.filter((size) => !isBatch(size) && size !== -1));
  const batches = (shape: readonly number[]) => shape.filter(isBatch).length;
  if (open >= 0) {
    if (sizes.indexOf(-1, open + 1) >= 0) throw fault('it leaves two sizes open');
    const left = known(from) / known(sizes);
    const missing = batches(from) - batches(sizes);
    if (!Number.isSafeInteger(left) || missing < 0 || missing > 1 || (missing === 1 && left !== 1))
      throw fault('the elements do not go up in it');
    sizes[open] = missing === 1 ? Number.NaN : left;
  }
  if (known(from) !== known(sizes) || batches(from) !== batches(sizes)) throw fault('it has not as many elements');
  return sizes;
}

function shownSizes(shape: readonly number[]): string {
  return formatShape(shape).replaceAll('NaN', 'N');
}

/** The axes of a Squeeze or a reduction, counted from 0: an input, or an attribute before opset 13 or 18; undefined where not given. */
export function axesOf(node: OnnxNode, input: Constant | undefined, rank: number): number[] | undefined {
  const axes = input ? listOf(node.where, input) : node.integers('axes');
  return axes?.map((axis) => {
    const normal = axis < 0 ? axis + rank : axis;
    if (!(normal >= 0 && normal < rank)) throw node.fault(`axis ${axis} lies outside of ${rank} axes`, 'the file is damaged');
    return normal;
  });
}

/** What a Slice takes along each axis. */
export function slicedAxes(
  node: OnnxNode,
  [, starts, ends, axes, steps]: readonly (Constant | undefined)[],
  shape: Shape,
): { readonly start: number; readonly step: number; readonly size: number }[] {
  const given = (input: Constant | undefined, name: string) => (input ? listOf(node.where, input) : node.integers(name));
  const from = given(starts, 'starts') ?? [];
  const to = given(ends, 'ends') ?? [];
  const along = given(axes, 'axes') ?? from.map((_, axis) => axis);
  const by = steps ? listOf(node.where, steps) : from.map(() => 1);
  const whole = shape.map((size) => ({ start: 0, step: 1, size }));
  along.forEach((given, index) => {
    const axis = given < 0 ? given + shape.length : given;
    const size = shape[axis];
    const [start, end, step] = [from[index], to[index], by[index]];
    if (size === undefined || start === undefined || end === undefined || step === undefined || !(Math.abs(step) >= 1))
      throw node.fault('its starts, ends, axes and steps do not fit together', 'the file is damaged');
    const within = (position: number, least: number, most: number) =>
      Math.min(most, Math.max(least, position < 0 ? position + size : position));
    const first = step > 0 ? within(start, 0, size) : within(start, -1, size - 1);
    const last = step > 0 ? within(end, 0, size) : within(end, -1, size - 1);
    whole[axis] = { start: first, step, size: Math.max(0, Math.ceil((last - first) / step)) };
  });
  return whole;
}
