import { ShapeError } from '../core/errors.ts';
import { checkPadding, checkPair, windowGeometry } from '../core/geometry.ts';
import { elements, type Shape } from '../core/value.ts';
import type { Attributes, Tensor64 } from './reference.ts';
import { sizes4 } from './tensor.ts';

/** What a pooling sees: for each output element the flat indices of the real elements of its window, in row-major order. */
export interface PoolingWindows {
  readonly outputShape: Shape;
  forEach(visit: (output: number, window: readonly number[]) => void): void;
}

/** Throws a ShapeError when a window holds nothing but padding: it has neither a maximum nor an average. */
export function poolingWindows(op: string, x: Tensor64, attributes: Attributes): PoolingWindows {
  const [batch, height, width, channels] = sizes4(`${op}: x`, x);
  const size = checkPair(op, 'size', attributes.size);
  const strides = attributes.strides === undefined ? size : checkPair(op, 'strides', attributes.strides);
  const g = windowGeometry(op, [height, width], size, strides, checkPadding(op, attributes.padding ?? 'valid'));
  const outputShape = [batch, g.outputHeight, g.outputWidth, channels];
  const windowOf = (output: number): number[] => {
    const channel = output % channels;
    const ox = Math.floor(output / channels) % g.outputWidth;
    const oy = Math.floor(output / (channels * g.outputWidth)) % g.outputHeight;
    const n = Math.floor(output / (channels * g.outputWidth * g.outputHeight));
    const window: number[] = [];
    for (let ky = 0; ky < g.windowHeight; ky++)
      for (let kx = 0; kx < g.windowWidth; kx++) {
        const iy = oy * g.strideHeight - g.top + ky;
        const ix = ox * g.strideWidth - g.left + kx;
        if (iy >= 0 && iy < height && ix >= 0 && ix < width) window.push(((n * height + iy) * width + ix) * channels + channel);
      }
    if (window.length === 0)
      throw new ShapeError(
        `${op}: the window at output row ${oy}, column ${ox} holds nothing but padding; pad less than the window's size`,
      );
    return window;
  };
  return {
    outputShape,
    forEach(visit) {
      for (let output = 0; output < elements(outputShape); output++) visit(output, windowOf(output));
    },
  };
}
