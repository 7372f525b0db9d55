import type { Activation } from '../../src/core/activation.ts';
import type { Padding, Pair } from '../../src/core/geometry.ts';
import type { Shape } from '../../src/core/value.ts';
import { fuse } from '../../src/graph/fuse.ts';
import { conv2d, input, relu, type Tensor } from '../../src/graph.ts';
import { gradientsOf } from '../../src/ops/gradients/index.ts';

/** A depthwise convolution, and one of single pixels behind it. */
export interface SeparableCase {
  /** [N,H,W,C], height and width of the window, and K. */
  readonly x: Shape;
  readonly window: Pair;
  readonly outputs: number;
  readonly convolution?: { readonly strides?: Pair; readonly padding?: Padding; readonly dilations?: Pair };
  readonly activation?: Activation;
  readonly bias?: boolean;
  /** An activation of its own in front. */
  readonly before?: 'relu';
  readonly replicas?: number;
}

const same = { padding: 'same' } as const;
const leaky = { type: 'leakyRelu', slope: 0.25 } as const;

/** Odd sizes, rows that fill a subgroup, fit several times into it, or do not fit into it. */
export const separableCases: Record<string, SeparableCase> = {
  'the first block of W3': { x: [3, 14, 14, 6], window: [3, 3], outputs: 5, activation: leaky, before: 'relu', replicas: 2 },
  'the third block of W3': { x: [3, 10, 10, 9], window: [3, 3], outputs: 10, activation: leaky, before: 'relu' },
  'same padding, several images side by side': { x: [7, 3, 2, 3], window: [3, 3], outputs: 4, convolution: same, replicas: 3 },
  'same padding, wide rows': { x: [2, 5, 33, 2], window: [3, 3], outputs: 3, convolution: same, before: 'relu' },
  'one channel, an even window': { x: [2, 6, 9, 1], window: [2, 4], outputs: 1, convolution: same },
  'a column of taps': { x: [2, 9, 7, 4], window: [5, 1], outputs: 2, bias: false },
  'more padding than the window': { x: [2, 4, 5, 3], window: [2, 3], outputs: 3, convolution: { padding: [3, 1, 4, 5] } },
  'sixteen channels': { x: [2, 5, 6, 5], window: [3, 3], outputs: 16, activation: 'relu' },
  'as many weights as there may be': { x: [1, 6, 14, 16], window: [3, 3], outputs: 7, before: 'relu' },
  'a large window over wide rows': { x: [2, 7, 20, 3], window: [5, 5], outputs: 5, convolution: same, before: 'relu' },
  'the image is the window': { x: [3, 5, 5, 2], window: [5, 5], outputs: 3 },
  'strides and dilations': { x: [2, 11, 9, 3], window: [3, 2], outputs: 4, convolution: { strides: [2, 1], dilations: [1, 2] } },
  'many channels': { x: [1, 5, 6, 20], window: [3, 3], outputs: 18, convolution: same, activation: 'relu' },
};

/** A variant for each of the families that the pair, and its gradients, may be lowered to. */
export const separableWays = [
  { separable: 'columns', 'separable-gradient': 'columns' },
  { separable: 'apart', 'separable-gradient': 'apart' },
] as const;

/** What is made forward need not be what is wanted backward. */
export const separableMixedWays = [
  { separable: 'columns', 'separable-gradient': 'apart' },
  { separable: 'apart', 'separable-gradient': 'columns' },
] as const;

/**
 * The graph of a case: its inputs by name, that of the output's gradient, and the output, followed by the gradients with respect to the
 * `wanted` inputs [all].
 */
export function separableGraph(
  { x, window, outputs, convolution, activation, bias = true, before }: SeparableCase,
  only?: readonly string[],
) {
  const channels = x[3] ?? 0;
  const inputs: { x: Tensor; depthwise: Tensor; filter: Tensor; bias?: Tensor } = {
    x: input('x', x),
    depthwise: input('depthwise', [...window, 1, channels]),
    filter: input('filter', [1, 1, channels, outputs]),
    ...(bias && { bias: input('bias', [outputs]) }),
  };
  const seen = before ? relu({ x: inputs.x }) : inputs.x;
  const between = conv2d({ x: seen, filter: inputs.depthwise }, { ...convolution, groups: channels });
  const unfused = conv2d({ x: between, filter: inputs.filter, bias: inputs.bias }, { activation });
  const [y] = fuse([unfused], { gradients: true });
  if (!y) throw new Error('one output was asked for');
  const dy = input('dy', y.shape);
  const wanted = (Object.keys(inputs) as (keyof typeof inputs)[]).filter((name) => only?.includes(name) ?? true);
  const gradients = gradientsOf(
    y,
    dy,
    wanted.map((name) => inputs[name] as Tensor),
  ) as Tensor[];
  return { inputs, dy, wanted, outputs: fuse([y, ...gradients]) };
}
