import type { WindowGeometry } from '../../core/geometry.ts';
import { type FilterGradientProblem, filterGradientConstants } from '../conv2d-filter-gradient/problem.ts';

/** The gradient of a convolution's filter and bias from that of its maximum-pooled output, `dy`. Bindings: x, dy, argmax, filter, bias. */
export interface Conv2dPoolFilterGradientProblem extends FilterGradientProblem {
  readonly pool: WindowGeometry;
}

export function conv2dPoolFilterGradientConstants(problem: Conv2dPoolFilterGradientProblem) {
  const { pool, batch } = problem;
  const constants = filterGradientConstants(problem);
  const windows = batch * pool.outputHeight * pool.outputWidth;
  return {
    ...constants,
    WINDOW_HEIGHT: problem.geometry.windowHeight,
    POOL_HEIGHT: pool.windowHeight,
    POOL_WIDTH: pool.windowWidth,
    POOLED_HEIGHT: pool.outputHeight,
    POOLED_WIDTH: pool.outputWidth,
    WORDS: Math.ceil(problem.outputChannels / 4),
    TOTAL_WINDOWS: windows,
    WINDOWS_PER_SPLIT: Math.ceil(windows / constants.SPLITS),
  };
}

export const CONV2D_POOL_FILTER_GRADIENT_BINDINGS = ['read', 'read', 'read', 'write', 'write'] as const;
