import { ShapeError } from '../core/errors.ts';
import { type Padding, type Pair, type WindowGeometry, windowGeometry } from '../core/geometry.ts';
import { formatShape, type Shape } from '../core/value.ts';

/** The window of a pooling; `label` is the public operation, for errors. */
export interface PoolWindow {
  readonly label: string;
  readonly size: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
}

/** Throws a ShapeError where a window would hold nothing but padding. */
export function poolGeometry(shape: Shape, { label, size, strides, padding }: PoolWindow): WindowGeometry {
  const [, height = 0, width = 0] = shape;
  const geometry = windowGeometry(label, [height, width], size, strides, padding);
  if (geometry.top >= size[0] || geometry.bottom >= size[0] || geometry.left >= size[1] || geometry.right >= size[1])
    throw new ShapeError(
      `${label}: padding ${formatShape([geometry.top, geometry.bottom, geometry.left, geometry.right])} leaves windows of size ${formatShape(size)} without any element; pad by less than the size`,
    );
  return geometry;
}
