import { ShapeError } from '../../core/errors.ts';
import type { Pair } from '../../core/geometry.ts';
import { formatShape, type Shape } from '../../core/value.ts';

/** The height, width and channels of a layer's input. Throws a ShapeError where it is a vector. */
export function image(where: string, shape: Shape): readonly [...Pair, number] {
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined)
    throw new ShapeError(`${where}: needs an image [height, width, channels], got a vector ${formatShape(shape)}`);
  return [height, width, channels];
}

/** Throws a ShapeError unless groups divide the channels and the filters of a convolution. */
export function checkGroups(where: string, groups: number, channels: number, filters: number): void {
  for (const [what, size] of [
    ['input channels', channels],
    ['filters', filters],
  ] as const)
    if (size % groups !== 0) throw new ShapeError(`${where}: groups ${groups} must divide the ${size} ${what}`);
}
