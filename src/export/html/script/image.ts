import type { Shape } from '../../../core/value.ts';
import { onWhite } from '../../../data/on-white.ts';
import { fitted } from '../../../data/pixels.ts';
import { MAXIMUM_SIDE } from '../../../data/resize.ts';

/** Bytes [height, width, channels] of any size, as ImageData has them: grey, grey and alpha, red, green and blue, or these and alpha. */
export interface PageImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** The bytes of an image as the network takes it, made by the rules of `classifier` and of `imageFolder`. */
export function pixelsOf({ width, height, data }: PageImage, shape: Shape): Uint8Array {
  const [rows, columns, wanted] = shape;
  if (rows === undefined || columns === undefined || (wanted !== 1 && wanted !== 3))
    throw new TypeError(`This network takes ${shape.join(' x ')} numbers, not images`);
  const isSide = (side: unknown) => Number.isInteger(side) && Number(side) >= 1 && Number(side) <= MAXIMUM_SIDE;
  if (!isSide(width) || !isSide(height)) throw new RangeError(`An image must have from 1 to ${MAXIMUM_SIDE} pixels a side`);
  const channels = data.length / (width * height);
  if (![1, 2, 3, 4].includes(channels))
    throw new RangeError(`${width} x ${height} pixels of 1 to 4 channels need as many bytes each, got ${data.length} in all`);
  const bytes = onWhite({ data, channels, largest: 255 });
  return fitted({ rows: height, columns: width, channels: channels < 3 ? 1 : 3, bytes }, [rows, columns], wanted);
}
