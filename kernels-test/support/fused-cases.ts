import type { Activation } from '../../src/core/activation.ts';
import type { Padding, Pair } from '../../src/core/geometry.ts';
import type { Shape } from '../../src/core/value.ts';
import { fuse } from '../../src/graph/fuse.ts';
import { conv2d, input, maxPool2d, relu, type Tensor } from '../../src/graph.ts';
import { gradientsOf } from '../../src/ops/gradients/index.ts';

/** A convolution and the pooling of its output. */
export interface FusedCase {
  /** [N,H,W,C] and [KH,KW,C,K] */
  readonly x: Shape;
  readonly filter: Shape;
  readonly convolution?: { readonly strides?: Pair; readonly padding?: Padding; readonly dilations?: Pair };
  readonly activation?: Activation;
  readonly pool: { readonly size: Pair; readonly padding?: Padding };
  readonly bias?: boolean;
  /** An activation of its own behind the pooling. */
  readonly after?: 'relu';
  readonly replicas?: number;
}

const same = { padding: 'same' } as const;

/** Odd sizes, windows that are cut off at the border, 1 to 40 channels, every activation. */
export const fusedCases: Record<string, FusedCase> = {
  'W2, relu': {
    x: [3, 28, 28, 1],
    filter: [5, 5, 1, 2],
    convolution: same,
    activation: 'relu',
    pool: { size: [4, 4] },
    replicas: 2,
  },
  'cut-off windows, no activation': { x: [2, 9, 7, 3], filter: [3, 3, 3, 5], convolution: same, pool: { size: [2, 2], ...same } },
  'rows and columns that no window holds': {
    x: [2, 11, 10, 2],
    filter: [3, 3, 2, 4],
    activation: 'relu',
    pool: { size: [2, 3] },
  },
  'grey images, relu': {
    x: [3, 15, 23, 1],
    filter: [3, 3, 1, 10],
    convolution: { padding: [1, 0, 2, 1] },
    activation: 'relu',
    pool: { size: [2, 2] },
    replicas: 2,
  },
  'grey images, four rows of windows, leakyRelu': {
    x: [2, 16, 5, 1],
    filter: [5, 1, 1, 6],
    convolution: same,
    activation: { type: 'leakyRelu', slope: 0.25 },
    pool: { size: [4, 3] },
    bias: false,
  },
  'one channel, sigmoid': { x: [2, 8, 8, 1], filter: [3, 3, 1, 1], activation: 'sigmoid', pool: { size: [2, 2] } },
  'ten channels, leakyRelu': {
    x: [2, 10, 13, 4],
    filter: [3, 5, 4, 10],
    convolution: same,
    activation: { type: 'leakyRelu', slope: 0.25 },
    pool: { size: [3, 2], ...same },
    replicas: 3,
  },
  '32 channels, tanh': { x: [2, 8, 8, 9], filter: [3, 3, 9, 32], convolution: same, activation: 'tanh', pool: { size: [2, 2] } },
  '40 channels, without bias': {
    x: [1, 12, 12, 2],
    filter: [5, 5, 2, 40],
    activation: 'relu',
    pool: { size: [2, 2] },
    bias: false,
  },
  'strides and dilations': {
    x: [2, 19, 17, 2],
    filter: [2, 3, 2, 6],
    convolution: { strides: [2, 1], dilations: [1, 2], padding: [1, 0, 2, 1] },
    activation: 'relu',
    pool: { size: [2, 4] },
  },
  'an activation behind the pooling': { x: [2, 8, 6, 2], filter: [3, 3, 2, 5], pool: { size: [2, 2] }, after: 'relu' },
  'windows too large for one pass': {
    x: [2, 12, 12, 2],
    filter: [3, 3, 2, 3],
    convolution: same,
    activation: 'relu',
    pool: { size: [6, 5], ...same },
  },
};

/** A variant for each of the families that a convolution with pooling, and its filter gradient, may be lowered to. */
export const fusedWays = [
  { 'conv2d-pool': 'direct', 'conv2d-pool-filter-gradient': 'windows' },
  { 'conv2d-pool': 'subgroup', 'conv2d-pool-filter-gradient': 'channels' },
  { 'conv2d-pool': 'strips', 'conv2d-pool-filter-gradient': 'channels' },
  { 'conv2d-pool': 'apart', 'conv2d-pool-filter-gradient': 'apart' },
] as const;

/**
 * The graph of a case: its inputs by name, that of the output's gradient, and the output, followed by the gradients with respect to
 * filter, bias and, where wanted first, x. `late`: fused only after it was differentiated.
 */
export function fusedGraph(
  { x, filter, convolution, activation, pool, bias = true, after }: FusedCase,
  { wantsX, late = false }: { wantsX: boolean; late?: boolean },
) {
  const inputs: { x: Tensor; filter: Tensor; bias?: Tensor } = {
    x: input('x', x),
    filter: input('filter', filter),
    ...(bias && { bias: input('bias', [filter[3] ?? 0]) }),
  };
  const pooled = maxPool2d({ x: conv2d(inputs, { ...convolution, activation }) }, pool);
  const unfused = after ? relu({ x: pooled }) : pooled;
  const [y] = late ? [unfused] : fuse([unfused], { gradients: true });
  if (!y) throw new Error('one output was asked for');
  const dy = input('dy', y.shape);
  const wanted = Object.keys(inputs).filter((name) => wantsX || name !== 'x') as (keyof typeof inputs)[];
  const gradients = gradientsOf(
    y,
    dy,
    wanted.map((name) => inputs[name] as Tensor),
  ) as Tensor[];
  return { inputs, dy, wanted, outputs: fuse([y, ...gradients]) };
}
