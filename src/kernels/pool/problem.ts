import type { WindowGeometry } from '../../core/geometry.ts';
import type { Constants } from '../../gpu/composer.ts';
import type { Capabilities } from '../../gpu/gpu.ts';
import { type Epilogue, epilogueConstants } from '../epilogue.ts';
import { given, viewNames } from '../given.ts';
import { longSumConstants } from '../long-sum.ts';
import { inFours } from '../vec4.ts';
import { elementAlias, type View, viewConstants } from '../view.ts';

/**
 * Pooling forward (bindings x, state, y, argmax) or its gradient (dy, argmax, saved, state, dx). `x` and `y` are what the
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

export function poolConstants(problem: PoolProblem) {
  const { geometry: g, channels } = problem;
  const codes = codesPerWord(g);
  return {
    ...viewConstants('X', problem.x),
    ...viewConstants('Y', problem.y),
    ...viewConstants('SAVED', problem.saved),
    ...elementAlias('Activation', problem.x, problem.y, problem.saved),
    ...epilogueConstants(problem.epilogue),
    ...longSumConstants(problem.maximum ? 0 : g.windowHeight * g.windowWidth),
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

export function suitsVec4(problem: PoolProblem): boolean {
  return (!problem.maximum || codesPerWord(problem.geometry) === 4) && [problem.x, problem.y, problem.saved].every(inFours);
}

/** Whether software drivers take seconds to compile so many pixels one after the other in the text. */
export function isCompact(pixels: number, { kind }: Capabilities): boolean {
  return kind === 'cpu' && pixels > MOST_UNROLLED;
}

const MOST_UNROLLED = 16;

const SIZES = [
  ...viewNames('X', 'Y', 'SAVED'),
  ...['GRID_X', 'CHUNK', 'CHANNELS', 'WORDS', 'IN_HEIGHT', 'IN_WIDTH', 'OUT_HEIGHT', 'OUT_WIDTH', 'TOP', 'LEFT'],
  ...['ITEMS', 'OUTPUTS', 'CELLS_HEIGHT', 'CELLS_WIDTH'],
];
/** Of kernels that go through windows in loops. */
export const WINDOW = ['WINDOW_HEIGHT', 'WINDOW_WIDTH', 'STRIDE_HEIGHT', 'STRIDE_WIDTH'];

/** On software drivers one text serves all sizes. */
export function sized(items: number, all: Constants, { kind }: Capabilities, others: readonly string[] = []): Constants {
  return kind === 'cpu' ? given(all, [...SIZES, ...others], items) : all;
}
