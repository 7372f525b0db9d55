import type { Activation } from '../../src/core/activation.ts';
import type { Padding, Pair } from '../../src/core/geometry.ts';
import type { CaseTable } from './case.ts';
import { type ConvolutionSpec, convolution, everyActivation } from './linear.ts';
import { pairwise } from './pairwise.ts';

const CHANNELS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 32, 64];
const IMAGES: readonly Pair[] = [
  [5, 5],
  [6, 7],
  [3, 10],
  [8, 4],
  [7, 1],
];
const leakyRelu = { type: 'leakyRelu', slope: 0.2 } as const;

const essential: readonly ConvolutionSpec[] = [
  { x: [3, 8, 8, 3], window: [3, 3], outputs: 4 },
  { x: [50, 6, 6, 1], window: [5, 5], outputs: 2, padding: 'same', activation: 'relu', bias: true },
  { x: [3, 7, 9, 2], window: [2, 4], outputs: 5, strides: [2, 1], padding: 'same', activation: 'tanh', bias: true },
  { x: [1, 9, 8, 3], window: [3, 2], outputs: 6, padding: [1, 0, 2, 1], dilations: [2, 1], activation: 'sigmoid' },
  { x: [3, 6, 5, 4], window: [3, 3], outputs: 6, groups: 2, activation: leakyRelu, bias: true },
  { x: [3, 5, 7, 4], window: [3, 3], outputs: 8, groups: 4, padding: 'same', activation: 'relu', bias: true },
  { x: [1, 4, 4, 7], window: [1, 1], outputs: 10, activation: 'softmax', bias: true },
  { x: [3, 5, 7, 6], window: [1, 1], outputs: 9, activation: leakyRelu, bias: true },
  { x: [3, 4, 5, 32], window: [3, 3], outputs: 64, padding: 'same', activation: 'relu', bias: true },
  { x: [1, 5, 5, 64], window: [1, 1], outputs: 32, activation: 'relu' },
  { x: [1, 11, 10, 1], window: [4, 3], outputs: 1, strides: [1, 2], dilations: [1, 2] },
];

/** Each channel count once as input and once as output, in kernels that pad; batch and image cycle. */
function channelSweep(factor: number, shift: number): ConvolutionSpec[] {
  return CHANNELS.map((channels, i) => {
    const outputs = CHANNELS[(i * factor + shift) % CHANNELS.length] ?? 1;
    const batch = channels * outputs > 128 ? 3 : ([1, 3, 50][i % 3] ?? 1);
    const [height, width] = IMAGES[(i + shift) % IMAGES.length] ?? [5, 5];
    const window: Pair = (i + shift) % 4 === 1 ? [5, 5] : [3, 3];
    const activated = i % 2 === 0;
    return {
      x: [batch, height, width, channels],
      window,
      outputs,
      padding: 'same',
      ...(activated && { activation: 'relu' as Activation, bias: true }),
    };
  });
}

/** Every pair of settings meets; an image too small for its window is enlarged until it just fits. */
function settings(): ConvolutionSpec[] {
  const rows = pairwise({
    window: [
      [3, 3],
      [1, 1],
      [5, 5],
      [2, 2],
      [4, 3],
      [1, 7],
    ] as readonly Pair[],
    channels: [
      { channels: 3, outputs: 4 },
      { channels: 1, outputs: 3 },
      { channels: 4, outputs: 6, groups: 2 },
      { channels: 9, outputs: 6, groups: 3 },
      { channels: 4, outputs: 4, groups: 4 },
      { channels: 3, outputs: 6, groups: 3 },
    ] as const,
    activation: [undefined, 'relu', leakyRelu, 'sigmoid', 'tanh', 'softmax'] as readonly (Activation | undefined)[],
    strides: [undefined, [2, 2], [1, 2], [3, 1]] as readonly (Pair | undefined)[],
    padding: ['same', undefined, [1, 0, 0, 2], [0, 3, 2, 1]] as readonly (Padding | undefined)[],
    image: [
      [7, 9],
      [8, 6],
      [13, 5],
      [1, 1],
    ] as readonly Pair[],
    dilations: [undefined, [2, 1], [2, 3]] as readonly (Pair | undefined)[],
    batch: [3, 1, 50],
    bias: [true, false],
  });
  return rows.map(({ channels: { channels, ...outputs }, image, batch, ...row }) => {
    const [top, bottom, left, right] = typeof row.padding === 'object' ? row.padding : [0, 0, 0, 0];
    const extent = (axis: 0 | 1) => (row.window[axis] - 1) * (row.dilations?.[axis] ?? 1) + 1;
    const height = row.padding === 'same' ? image[0] : Math.max(image[0], extent(0) - top - bottom);
    const width = row.padding === 'same' ? image[1] : Math.max(image[1], extent(1) - left - right);
    return { x: [batch, height, width, channels], ...outputs, ...row };
  });
}

const particular: readonly ConvolutionSpec[] = [
  // The layers of the published networks (shared/design/networks.md), the baseline's with a small batch.
  { x: [3, 28, 28, 1], window: [5, 5], outputs: 32, padding: 'same', activation: 'relu', bias: true },
  { x: [1, 14, 14, 32], window: [5, 5], outputs: 64, padding: 'same', activation: 'relu', bias: true },
  { x: [50, 28, 28, 1], window: [5, 5], outputs: 2, padding: 'same', activation: 'relu', bias: true },
  // Images wider than any tile, and long sums over batch and image in the filter's gradient.
  { x: [1, 35, 67, 3], window: [3, 3], outputs: 5, padding: 'same' },
  { x: [50, 14, 14, 4], window: [3, 3], outputs: 4, activation: 'relu', bias: true },
  { x: [1, 65, 33, 1], window: [2, 2], outputs: 1, strides: [2, 2] },
  // A filter larger than the image; one that covers it whole; images of one row and one column.
  { x: [3, 3, 4, 2], window: [7, 7], outputs: 3, padding: 'same' },
  { x: [3, 7, 6, 4], window: [7, 6], outputs: 10, activation: 'relu', bias: true },
  { x: [3, 1, 16, 5], window: [1, 3], outputs: 5, padding: 'same', activation: 'tanh', bias: true },
  { x: [3, 9, 1, 4], window: [3, 1], outputs: 7, strides: [2, 1] },
  { x: [1, 1, 1, 1], window: [1, 1], outputs: 1, bias: true },
  // An even filter, which same padding extends to the bottom and right.
  { x: [3, 6, 7, 3], window: [2, 4], outputs: 4, padding: 'same' },
  // Padding that whole windows lie in: they see zeros.
  { x: [1, 4, 4, 3], window: [2, 2], outputs: 4, padding: [3, 2, 4, 0], bias: true },
  // Strides that pass over elements of x: their gradient is 0 and must be written.
  { x: [3, 9, 8, 6], window: [1, 2], outputs: 8, strides: [3, 4] },
  { x: [3, 8, 8, 32], window: [3, 3], outputs: 32, strides: [2, 2], padding: 'same', activation: 'relu', bias: true },
  { x: [3, 6, 6, 32], window: [3, 3], outputs: 32, groups: 32, padding: 'same', activation: 'relu', bias: true },
  { x: [1, 6, 6, 64], window: [3, 3], outputs: 128, groups: 64, strides: [2, 2], padding: 'same' },
  { x: [1, 5, 5, 64], window: [3, 3], outputs: 32, groups: 4, padding: 'same', activation: 'relu', bias: true },
  { x: [3, 5, 6, 10], window: [3, 3], outputs: 10, activation: { type: 'leakyRelu', slope: 0.5 }, bias: true },
  // One pixel at a time, of as many channels as a lane takes at the most; more rows than one invocation walks down.
  { x: [3, 14, 14, 16], window: [1, 1], outputs: 8, activation: 'relu', bias: true },
  { x: [50, 20, 21, 2], window: [1, 1], outputs: 3 },
  // Depthwise: multipliers, also more than a lane makes at once, strides, dilations, even windows, odd images; channels of 3 and 9.
  { x: [3, 9, 11, 5], window: [3, 3], outputs: 10, groups: 5, padding: 'same', activation: 'relu', bias: true },
  { x: [1, 7, 8, 3], window: [2, 3], outputs: 15, groups: 3, padding: [1, 2, 0, 3], activation: 'tanh', bias: true },
  { x: [3, 13, 10, 6], window: [3, 3], outputs: 6, groups: 6, strides: [2, 2], padding: 'same', activation: 'relu', bias: true },
  { x: [1, 11, 9, 3], window: [3, 2], outputs: 9, groups: 3, strides: [3, 2], padding: [2, 0, 1, 1] },
  { x: [1, 9, 8, 4], window: [2, 2], outputs: 4, groups: 4, strides: [3, 4] },
  { x: [3, 12, 13, 9], window: [3, 3], outputs: 9, groups: 9, dilations: [2, 3], padding: 'same', bias: true },
  { x: [1, 14, 12, 2], window: [3, 3], outputs: 4, groups: 2, strides: [2, 1], dilations: [2, 3], padding: 'same' },
  { x: [1, 9, 9, 16], window: [9, 9], outputs: 16, groups: 16, bias: true },
  { x: [1, 12, 3, 2], window: [11, 1], outputs: 2, groups: 2, padding: 'same' },
  { x: [50, 14, 14, 8], window: [5, 5], outputs: 8, groups: 8, padding: 'same', activation: 'relu', bias: true },
  // Groups of few channels; few channels of long sums, whose parts end within images.
  { x: [3, 9, 7, 12], window: [3, 3], outputs: 8, groups: 4, padding: 'same', activation: 'relu', bias: true },
  { x: [50, 13, 13, 3], window: [3, 3], outputs: 4, bias: true },
  { x: [50, 28, 28, 1], window: [3, 3], outputs: 8, activation: 'relu', bias: true },
  { x: [7, 14, 14, 5], window: [5, 5], outputs: 10, padding: 'same', activation: 'relu', bias: true },
  { x: [50, 9, 20, 2], window: [1, 1], outputs: 3, strides: [2, 1], bias: true },
  // Strides beside many channels; more than the window, on one axis alone, with a dilation.
  { x: [1, 17, 19, 3], window: [7, 7], outputs: 24, strides: [2, 2], padding: 'same', activation: 'relu', bias: true },
  { x: [1, 23, 23, 3], window: [11, 11], outputs: 12, strides: [4, 4], bias: true },
  { x: [3, 9, 10, 5], window: [2, 3], outputs: 9, strides: [1, 4], padding: [1, 1, 2, 2], activation: 'sigmoid', bias: true },
  { x: [3, 12, 9, 4], window: [3, 3], outputs: 8, groups: 2, strides: [2, 3], dilations: [3, 1], padding: 'same' },
  ...everyActivation.map(
    (activation): ConvolutionSpec => ({ x: [2, 6, 5, 3], window: [3, 3], outputs: 4, padding: 'same', activation, bias: true }),
  ),
  ...everyActivation.map(
    (activation): ConvolutionSpec => ({ x: [2, 6, 5, 3], window: [3, 3], outputs: 3, groups: 3, activation, bias: true }),
  ),
];

export const conv2dCases = (): CaseTable => ({
  essential: essential.map(convolution),
  further: [...channelSweep(5, 7), ...channelSweep(7, 4).filter((_, i) => i % 2 === 1), ...settings(), ...particular].map(
    convolution,
  ),
});
