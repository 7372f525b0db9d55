import type { WindowGeometry } from '../../../core/geometry.ts';
import type { Shape } from '../../../core/value.ts';

/** Values of a network: floats, or integers. */
export type Values = Float32Array | Int8Array;

export interface Weighted {
  readonly shape: Shape;
  readonly data: Values;
}

/** What the sums of the output channels begin with. */
function beginning(bias: ArrayLike<number> | undefined, outputs: number): Float64Array {
  return bias ? Float64Array.from(bias) : new Float64Array(outputs);
}

/** y[row, column, k] = finish(bias[k] + sum of (x - zero) filter, k), filter [KH,KW,C/groups,K]. */
export function conv2d(
  g: WindowGeometry,
  groups: number,
  filter: Weighted,
  bias: ArrayLike<number> | undefined,
  x: Values,
  zero: number,
  y: Values,
  finish: (sum: number, k: number) => number,
): void {
  const [, , size = 1, outputs = 1] = filter.shape;
  const channels = size * groups;
  const perGroup = outputs / groups;
  const weights = filter.data;
  const start = beginning(bias, outputs);
  const sums = new Float64Array(outputs);
  let out = 0;
  for (let row = 0; row < g.outputHeight; row++)
    for (let column = 0; column < g.outputWidth; column++) {
      sums.set(start);
      for (let i = 0; i < g.windowHeight; i++) {
        const fromRow = row * g.strideHeight + i * g.dilationHeight - g.top;
        if (fromRow < 0 || fromRow >= g.inputHeight) continue;
        for (let j = 0; j < g.windowWidth; j++) {
          const fromColumn = column * g.strideWidth + j * g.dilationWidth - g.left;
          if (fromColumn < 0 || fromColumn >= g.inputWidth) continue;
          let from = (fromRow * g.inputWidth + fromColumn) * channels;
          const tap = (i * g.windowWidth + j) * size * outputs;
          for (let first = 0; first < outputs; first += perGroup)
            for (let c = 0; c < size; c++) {
              const value = (x[from++] as number) - zero;
              const at = tap + c * outputs + first;
              for (let k = 0; k < perGroup; k++)
                sums[first + k] = (sums[first + k] as number) + value * (weights[at + k] as number);
            }
        }
      }
      for (let k = 0; k < outputs; k++) y[out++] = finish(sums[k] as number, k);
    }
}

/** The way back of a convolution, filter [KH,KW,OUT/groups,IN]: what it reads is written, and what it writes is read. */
export function conv2dTranspose(
  g: WindowGeometry,
  groups: number,
  filter: Weighted,
  bias: ArrayLike<number> | undefined,
  x: Values,
  y: Values,
): void {
  const [, , perGroup = 1, channels = 1] = filter.shape;
  const size = channels / groups;
  const outputs = perGroup * groups;
  const weights = filter.data;
  const start = beginning(bias, outputs);
  const sums = new Float64Array(y.length);
  for (let at = 0; at < sums.length; at += outputs) sums.set(start, at);
  for (let row = 0; row < g.outputHeight; row++)
    for (let column = 0; column < g.outputWidth; column++)
      for (let i = 0; i < g.windowHeight; i++) {
        const toRow = row * g.strideHeight + i * g.dilationHeight - g.top;
        if (toRow < 0 || toRow >= g.inputHeight) continue;
        for (let j = 0; j < g.windowWidth; j++) {
          const toColumn = column * g.strideWidth + j * g.dilationWidth - g.left;
          if (toColumn < 0 || toColumn >= g.inputWidth) continue;
          const from = (row * g.outputWidth + column) * channels;
          const to = (toRow * g.inputWidth + toColumn) * outputs;
          for (let k = 0; k < outputs; k++) {
            const first = Math.floor(k / perGroup) * size;
            const at = ((i * g.windowWidth + j) * perGroup + (k % perGroup)) * channels + first;
            let sum = 0;
            for (let c = 0; c < size; c++) sum += (x[from + first + c] as number) * (weights[at + c] as number);
            sums[to + k] = (sums[to + k] as number) + sum;
          }
        }
      }
  y.set(sums);
}

/** y[k] = finish(bias[k] + sum of (x - zero) weights, k), weights [IN,OUT]. */
export function dense(
  { data, shape }: Weighted,
  bias: ArrayLike<number> | undefined,
  x: Values,
  zero: number,
  y: Values,
  finish: (sum: number, k: number) => number,
): void {
  const [size = 1, outputs = 1] = shape;
  const sums = beginning(bias, outputs);
  for (let c = 0, at = 0; c < size; c++, at += outputs) {
    const value = (x[c] as number) - zero;
    for (let k = 0; k < outputs; k++) sums[k] = (sums[k] as number) + value * (data[at + k] as number);
  }
  for (let k = 0; k < outputs; k++) y[k] = finish(sums[k] as number, k);
}

/** Of each channel of each window, what lies in the image: the largest of it, or its mean, of the sum and the count. */
export function pool(
  type: 'maxPool2d' | 'avgPool2d',
  g: WindowGeometry,
  x: Values,
  y: Values,
  mean: (sum: number, count: number) => number,
): void {
  const channels = y.length / (g.outputHeight * g.outputWidth);
  let out = 0;
  for (let row = 0; row < g.outputHeight; row++)
    for (let column = 0; column < g.outputWidth; column++)
      for (let c = 0; c < channels; c++) {
        let largest = Number.NEGATIVE_INFINITY;
        let sum = 0;
        let count = 0;
        for (let i = 0; i < g.windowHeight; i++) {
          const fromRow = row * g.strideHeight + i * g.dilationHeight - g.top;
          if (fromRow < 0 || fromRow >= g.inputHeight) continue;
          for (let j = 0; j < g.windowWidth; j++) {
            const fromColumn = column * g.strideWidth + j * g.dilationWidth - g.left;
            if (fromColumn < 0 || fromColumn >= g.inputWidth) continue;
            const value = x[(fromRow * g.inputWidth + fromColumn) * channels + c] as number;
            if (value > largest) largest = value;
            sum += value;
            count++;
          }
        }
        y[out++] = type === 'maxPool2d' ? largest : mean(sum, count);
      }
}
