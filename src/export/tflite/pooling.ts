import type { WindowGeometry } from '../../core/geometry.ts';
import type { Shape } from '../../core/value.ts';
import type { PoolOperation } from '../../deploy/operations.ts';
import { padded } from './padding.ts';
import { PADDINGS } from './schema.ts';
import type { Subgraph, TensorIndex } from './subgraph.ts';
import { namedPadding, stridesOf } from './windows.ts';

/** The least float32: what no maximum takes. */
const LOWEST = -((2 - 2 ** -23) * 2 ** 127);

export function pool(subgraph: Subgraph, { type, window }: PoolOperation, x: TensorIndex, shape: Shape): TensorIndex {
  const average = type === 'avgPool2d';
  const [image, padding] = padded(subgraph, x, window, namedPadding(window), average ? 0 : LOWEST);
  const options = { padding: PADDINGS[padding], ...stridesOf(window), width: window.windowWidth, height: window.windowHeight };
  if (!average) return subgraph.add('MAX_POOL_2D', [image], shape, options);
  const pooled = subgraph.add('AVERAGE_POOL_2D', [image], shape, options);
  // Zeros put around the input count in the format's average.
  return image === x ? pooled : subgraph.add('MUL', [pooled, shares(subgraph, window)], shape);
}

/** [1,H,W,1]: the size of the window by how much of it lies on the image. */
function shares(subgraph: Subgraph, window: WindowGeometry): TensorIndex {
  const { outputHeight, outputWidth, windowHeight, windowWidth } = window;
  const inside = (start: number, size: number, input: number) => Math.min(start + size, input) - Math.max(start, 0);
  return subgraph.numbers(`shares ${JSON.stringify(window)}`, () => ({
    shape: [1, outputHeight, outputWidth, 1],
    data: Float32Array.from({ length: outputHeight * outputWidth }, (_, at) => {
      const [row, column] = [Math.floor(at / outputWidth), at % outputWidth];
      const rows = inside(row * window.strideHeight - window.top, windowHeight, window.inputHeight);
      const columns = inside(column * window.strideWidth - window.left, windowWidth, window.inputWidth);
      return (windowHeight * windowWidth) / (rows * columns);
    }),
  }));
}
