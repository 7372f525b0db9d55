import type { Pair } from '../../../core/geometry.ts';
import { elements, type Shape } from '../../../core/value.ts';
import type { Values } from './windows.ts';

/** Height, width and channels; a vector is one pixel. */
export function imageOf(shape: Shape): readonly [number, number, number] {
  const [channels = 1, width = 1, height = 1] = [...shape].reverse();
  return [height, width, channels];
}

/** y = result(a, b), element by element; an axis of size 1 is repeated. */
export function pairwise(
  a: Values,
  b: Values,
  y: Values,
  shapes: { readonly a: Shape; readonly b: Shape; readonly y: Shape },
  result: (a: number, b: number) => number,
): void {
  const [height, width, channels] = imageOf(shapes.y);
  const [one, other] = [stepsOf(shapes.a), stepsOf(shapes.b)];
  let out = 0;
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const from = row * one.row + column * one.column;
      const beside = row * other.row + column * other.column;
      for (let c = 0; c < channels; c++)
        y[out++] = result(a[from + c * one.channel] as number, b[beside + c * other.channel] as number);
    }
}

/** How far apart rows, columns and channels lie; an axis of size 1 stays where it is. */
function stepsOf(shape: Shape) {
  const [height, width, channels] = imageOf(shape);
  return {
    row: height === 1 ? 0 : width * channels,
    column: width === 1 ? 0 : channels,
    channel: channels === 1 ? 0 : 1,
  };
}

/** On the last axis. */
export function concat(parts: readonly Values[], shapes: readonly Shape[], y: Values): void {
  const sizes = shapes.map((shape) => imageOf(shape)[2]);
  const pixels = elements(shapes[0] ?? []) / (sizes[0] ?? 1);
  let out = 0;
  for (let pixel = 0; pixel < pixels; pixel++)
    parts.forEach((part, index) => {
      const size = sizes[index] ?? 0;
      y.set(part.subarray(pixel * size, (pixel + 1) * size), out);
      out += size;
    });
}

/** Each pixel repeated, downwards and to the right. */
export function upsample2d([down, across]: Pair, x: Values, shape: Shape, y: Values): void {
  const [height, width, channels] = imageOf(shape);
  let out = 0;
  for (let row = 0; row < height * down; row++)
    for (let column = 0; column < width * across; column++) {
      const from = (Math.floor(row / down) * width + Math.floor(column / across)) * channels;
      y.set(x.subarray(from, from + channels), out);
      out += channels;
    }
}

/** Channel j of group i becomes channel i of j. */
export function channelShuffle(groups: number, x: Values, shape: Shape, y: Values): void {
  const [, , channels] = imageOf(shape);
  const size = channels / groups;
  for (let start = 0; start < x.length; start += channels)
    for (let group = 0; group < groups; group++)
      for (let c = 0; c < size; c++) y[start + c * groups + group] = x[start + group * size + c] as number;
}
