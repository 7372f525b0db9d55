import type { WindowGeometry } from '../../core/geometry.ts';
import { type Conv2dProblem, conv2dConstants } from '../conv2d/problem.ts';
import { codesPerWord } from '../pool/problem.ts';

/**
 * A convolution, the maximum over windows that tile its output, and `epilogue` on that. `geometry` is the convolution's, `pool`
 * the pooling's, `y` the pooled output; not transposed, and in one group. Bindings: x, filter, bias, state, y, argmax.
 */
export interface Conv2dPoolProblem extends Conv2dProblem {
  readonly pool: WindowGeometry;
  /** Whether the winners are wanted. */
  readonly argmax: boolean;
}

/** Most pixels of a window whose sums an invocation keeps. */
const MOST_PIXELS = 16;

/** Whether windows are small enough to be summed at once. */
export function suitsWindows({ pool, groups }: Conv2dPoolProblem): boolean {
  return groups === 1 && pool.windowHeight * pool.windowWidth <= MOST_PIXELS && codesPerWord(pool) === 4;
}

export function conv2dPoolConstants(problem: Conv2dPoolProblem) {
  const { pool, geometry } = problem;
  return {
    ...conv2dConstants(problem),
    POOL_HEIGHT: pool.windowHeight,
    POOL_WIDTH: pool.windowWidth,
    POOLED_HEIGHT: pool.outputHeight,
    POOLED_WIDTH: pool.outputWidth,
    RAGGED:
      pool.outputHeight * pool.windowHeight > geometry.outputHeight || pool.outputWidth * pool.windowWidth > geometry.outputWidth,
    WORDS: Math.ceil(problem.outputChannels / 4),
    ARGMAX: problem.argmax,
  };
}

export const CONV2D_POOL_BINDINGS = ['read', 'read', 'read', 'read', 'write', 'write'] as const;
