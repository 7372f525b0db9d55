import { OptionError, ShapeError } from './errors.ts';
import { shown } from './shown.ts';

export type Pair = readonly [number, number];
/** `[top, bottom, left, right]` zeros (convolution) or nothing (pooling) around the image. */
export type Padding = 'same' | 'valid' | readonly [number, number, number, number];

/** A window that slides over an image, every choice resolved to numbers. */
export interface WindowGeometry {
  readonly inputHeight: number;
  readonly inputWidth: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly windowHeight: number;
  readonly windowWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** What shaders count in 32 bits with a sign. */
const MOST_PIXELS = 2 ** 31 - 1;

/** Throws an OptionError unless `value` is a pair of positive integers. */
export function checkPair(where: string, what: string, value: unknown): Pair {
  if (!Array.isArray(value) || value.length !== 2 || !value.every((n) => Number.isSafeInteger(n) && n >= 1))
    throw new OptionError(`${where}: ${what} must be two positive integers [height, width], got ${shown(value)}`);
  return [value[0], value[1]];
}

/** Throws an OptionError unless `value` is a padding. */
export function checkPadding(where: string, value: unknown): Padding {
  if (value === 'same' || value === 'valid') return value;
  if (!Array.isArray(value) || value.length !== 4 || !value.every((n) => Number.isSafeInteger(n) && n >= 0))
    throw new OptionError(
      `${where}: padding must be 'same', 'valid' or [top, bottom, left, right] of integers of at least 0, got ${shown(value)}`,
    );
  return [value[0], value[1], value[2], value[3]];
}

/**
 * Resolves a convolution's or a pooling's geometry. `same` is TensorFlow's: output = ceil(input / stride), an odd remainder
 * goes to the bottom and right. Throws a ShapeError when the window does not fit the padded input, or reaches farther than shaders count.
 */
export function windowGeometry(
  where: string,
  input: Pair,
  window: Pair,
  strides: Pair,
  padding: Padding,
  dilations: Pair = [1, 1],
): WindowGeometry {
  const axis = (
    name: string,
    size: number,
    extent: number,
    stride: number,
    explicit: Pair | undefined,
  ): [number, number, number] => {
    let before = 0;
    let after = 0;
    if (explicit) [before, after] = explicit;
    else if (padding === 'same') {
      const total = Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0);
      before = Math.floor(total / 2);
      after = total - before;
    }
    const farthest = Math.max(size + before + after, extent, stride);
    if (farthest > MOST_PIXELS)
      throw new ShapeError(
        `${where}: padded input, window and stride of a convolution or pooling may reach over ${MOST_PIXELS} pixels at most, ` +
          `but one's ${name} is ${farthest}; use less padding, or smaller strides or dilations`,
      );
    const room = size + before + after - extent;
    if (room < 0)
      throw new ShapeError(
        `${where}: a window of ${name} ${extent} does not fit an input of ${name} ${size} with padding ${before} + ${after}; ` +
          `make the window smaller or pad (for example padding: 'same')`,
      );
    return [before, after, Math.floor(room / stride) + 1];
  };
  const sides = typeof padding === 'string' ? undefined : padding;
  const extentHeight = (window[0] - 1) * dilations[0] + 1;
  const extentWidth = (window[1] - 1) * dilations[1] + 1;
  const [top, bottom, outputHeight] = axis('height', input[0], extentHeight, strides[0], sides && [sides[0], sides[1]]);
  const [left, right, outputWidth] = axis('width', input[1], extentWidth, strides[1], sides && [sides[2], sides[3]]);
  return {
    inputHeight: input[0],
    inputWidth: input[1],
    outputHeight,
    outputWidth,
    windowHeight: window[0],
    windowWidth: window[1],
    strideHeight: strides[0],
    strideWidth: strides[1],
    dilationHeight: dilations[0],
    dilationWidth: dilations[1],
    top,
    bottom,
    left,
    right,
  };
}
