import forward from '../../shaders/pool/forward.wgsl';
import gradient from '../../shaders/pool/gradient.wgsl';
import type { WindowGeometry } from '../core/geometry.ts';
import { type Epilogue, epilogueConstants } from './epilogue.ts';
import type { Family } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { type View, viewConstants } from './view.ts';

/**
 * Pooling forward (bindings x, state, y, argmax, saved) or its gradient (dy, argmax, saved, state, dx). `x` and `y` are what the
 * kernel reads and writes, `geometry` the forward one.
 */
export interface PoolProblem {
  readonly replicas: number;
  readonly batch: number;
  readonly channels: number;
  readonly geometry: WindowGeometry;
  readonly maximum: boolean;
  /** Forward: whether the winners are wanted. */
  readonly argmax: boolean;
  readonly epilogue: Epilogue;
  readonly x: View;
  readonly y: View;
  readonly saved?: View;
}

/** How many winners' tap numbers a 32-bit word holds: four where a window has at most 256 taps. */
export function codesPerWord(geometry: WindowGeometry): 4 | 2 | 1 {
  const taps = geometry.windowHeight * geometry.windowWidth;
  return taps <= 2 ** 8 ? 4 : taps <= 2 ** 16 ? 2 : 1;
}

/** Words of argmax for one output pixel. */
export function argmaxWords(channels: number, geometry: WindowGeometry): number {
  return Math.ceil(channels / codesPerWord(geometry));
}

function constants(problem: PoolProblem) {
  const { geometry: g, channels } = problem;
  const codes = codesPerWord(g);
  return {
    ...viewConstants('X', problem.x),
    ...viewConstants('Y', problem.y),
    ...viewConstants('SAVED', problem.saved),
    ...epilogueConstants(problem.epilogue),
    MAXIMUM: problem.maximum,
    CHANNELS: channels,
    CODES: codes,
    WORDS: argmaxWords(channels, g),
    IN_HEIGHT: g.inputHeight,
    IN_WIDTH: g.inputWidth,
    OUT_HEIGHT: g.outputHeight,
    OUT_WIDTH: g.outputWidth,
    WINDOW_HEIGHT: g.windowHeight,
    WINDOW_WIDTH: g.windowWidth,
    STRIDE_HEIGHT: g.strideHeight,
    STRIDE_WIDTH: g.strideWidth,
    TOP: g.top,
    LEFT: g.left,
  };
}

export const poolFamily: Family<PoolProblem> = {
  name: 'pool',
  prefer: () => 'direct',
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build(problem, capabilities) {
        const g = problem.geometry;
        const items = problem.batch * g.outputHeight * g.outputWidth * argmaxWords(problem.channels, g);
        const spread = grid('a pooling', items, 64, problem.replicas, capabilities);
        return kernel(
          'pool/direct',
          forward,
          { ...constants(problem), ...spread.constants, ARGMAX: problem.argmax, ITEMS: items },
          ['read', 'read', 'write', 'write', 'read'],
          spread.workgroups,
        );
      },
    },
  ],
};

export const poolGradientFamily: Family<PoolProblem> = {
  name: 'pool-gradient',
  prefer: () => 'direct',
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build(problem, capabilities) {
        const g = problem.geometry;
        const items = problem.batch * g.inputHeight * g.inputWidth * argmaxWords(problem.channels, g);
        const spread = grid("a pooling's gradient", items, 64, problem.replicas, capabilities);
        const outputs = problem.batch * g.outputHeight * g.outputWidth;
        return kernel(
          'pool-gradient/direct',
          gradient,
          { ...constants(problem), ...spread.constants, ITEMS: items, OUTPUTS: outputs, CODE_MASK: 2 ** (32 / codesPerWord(g)) - 1 },
          ['read', 'read', 'read', 'read', 'write'],
          spread.workgroups,
        );
      },
    },
  ],
};
