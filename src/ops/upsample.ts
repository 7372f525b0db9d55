import { OptionError, ShapeError } from '../core/errors.ts';
import type { Pair } from '../core/geometry.ts';
import { shown } from '../core/shown.ts';
import { formatShape } from '../core/value.ts';
import type { Tensor } from '../graph/tensor.ts';
import { calculated } from './calculation.ts';
import { reshape } from './reshape.ts';

export interface UpsampleAttributes {
  /** How often each pixel is repeated: downwards and to the right, or both the same. */
  readonly factor: number | Pair;
}

/** Each pixel of x [N,H,W,C] repeated: a copy that is broadcast along axes of its own. */
export function upsample2d(inputs: { x: Tensor }, attributes: UpsampleAttributes): Tensor {
  const { x } = inputs;
  if (x.shape.length !== 4) throw new ShapeError(`upsample2d: 'x' must be [N, H, W, C], got ${formatShape(x.shape)}`);
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const [down, across] = checkFactor(attributes.factor);
  if (down === 1 && across === 1) return x;
  const apart = reshape(x, [batch, height, 1, width, 1, channels]);
  const repeated = calculated('upsample2d', 'copy', { a: apart }, { shape: [batch, height, down, width, across, channels] });
  return reshape(repeated, [batch, height * down, width * across, channels]);
}

function checkFactor(factor: unknown): Pair {
  const pair = Array.isArray(factor) ? factor : [factor, factor];
  if (pair.length !== 2 || !pair.every((n) => Number.isSafeInteger(n) && n >= 1))
    throw new OptionError(`upsample2d: factor must be a positive integer, or two [height, width], got ${shown(factor)}`);
  return [pair[0], pair[1]];
}
