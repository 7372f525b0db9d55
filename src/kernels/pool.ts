import forward from '../../shaders/pool/forward.wgsl';
import forwardVec4 from '../../shaders/pool/forward-vec4.wgsl';
import gradient from '../../shaders/pool/gradient.wgsl';
import gradientCells from '../../shaders/pool/gradient-cells.wgsl';
import gradientVec4 from '../../shaders/pool/gradient-vec4.wgsl';
import type { WindowGeometry } from '../core/geometry.ts';
import type { Capabilities } from '../gpu/gpu.ts';
import { type Epilogue, epilogueConstants } from './epilogue.ts';
import type { Family, Variant } from './family.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';
import { chunkedGrid, inFours } from './vec4.ts';
import { elementAlias, type View, viewConstants } from './view.ts';

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

function constants(problem: PoolProblem) {
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

function suitsVec4(problem: PoolProblem): boolean {
  return (!problem.maximum || codesPerWord(problem.geometry) === 4) && [problem.x, problem.y, problem.saved].every(inFours);
}

/** Whether software drivers take seconds to compile so many pixels one after the other in the text. */
function isCompact(pixels: number, { kind }: Capabilities): boolean {
  return kind === 'cpu' && pixels > MOST_UNROLLED;
}

const MOST_UNROLLED = 16;

const forwardVec4Variant: Variant<PoolProblem> = {
  name: 'vec4',
  supports: suitsVec4,
  build(problem, capabilities) {
    const { geometry: g, batch, channels } = problem;
    const items = (batch * g.outputHeight * g.outputWidth * channels) / 4;
    const spread = chunkedGrid('a pooling', items, problem.replicas, capabilities);
    const padded =
      g.top > 0 ||
      g.left > 0 ||
      (g.outputHeight - 1) * g.strideHeight + g.windowHeight > g.inputHeight ||
      (g.outputWidth - 1) * g.strideWidth + g.windowWidth > g.inputWidth;
    return kernel(
      'pool/vec4',
      forwardVec4,
      {
        ...constants(problem),
        ...spread.constants,
        COMPACT: isCompact(g.windowHeight * g.windowWidth, capabilities),
        WORDS: channels / 4,
        ARGMAX: problem.argmax,
        ITEMS: items,
        PADDED: padded,
      },
      ['read', 'read', 'write', 'write'],
      spread.workgroups,
    );
  },
};

/** Whether each input element lies in the cell of one output: windows neither overlap nor begin in padding. */
function suitsCells({ geometry: g }: PoolProblem): boolean {
  return g.strideHeight >= g.windowHeight && g.strideWidth >= g.windowWidth && g.top === 0 && g.left === 0;
}

function cellsVariant(name: 'cells' | 'vec4', source: string, channelsAtOnce: 1 | 4): Variant<PoolProblem> {
  return {
    name,
    supports: (problem) => suitsCells(problem) && (channelsAtOnce === 1 || suitsVec4(problem)),
    build(problem, capabilities) {
      const { geometry: g, batch, channels } = problem;
      const cellsHeight = Math.ceil(g.inputHeight / g.strideHeight);
      const cellsWidth = Math.ceil(g.inputWidth / g.strideWidth);
      const items = (batch * cellsHeight * cellsWidth * channels) / channelsAtOnce;
      const spread = chunkedGrid("a pooling's gradient", items, problem.replicas, capabilities);
      return kernel(
        `pool-gradient/${name}`,
        source,
        {
          ...constants(problem),
          ...spread.constants,
          ...(channelsAtOnce === 4 && { WORDS: channels / 4 }),
          ITEMS: items,
          COMPACT: isCompact(g.strideHeight * g.strideWidth, capabilities),
          OUTPUTS: batch * g.outputHeight * g.outputWidth,
          CODE_MASK: 2 ** (32 / codesPerWord(g)) - 1,
          CELLS_HEIGHT: cellsHeight,
          CELLS_WIDTH: cellsWidth,
          RAGGED: cellsHeight * g.strideHeight > g.inputHeight || cellsWidth * g.strideWidth > g.inputWidth,
        },
        ['read', 'read', 'read', 'read', 'write'],
        spread.workgroups,
      );
    },
  };
}

export const poolFamily: Family<PoolProblem> = {
  name: 'pool',
  prefer: () => 'vec4',
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build(problem, capabilities) {
        const g = problem.geometry;
        const items = problem.batch * g.outputHeight * g.outputWidth * argmaxWords(problem.channels, g);
        const spread = chunkedGrid('a pooling', items, problem.replicas, capabilities);
        return kernel(
          'pool/direct',
          forward,
          { ...constants(problem), ...spread.constants, ARGMAX: problem.argmax, ITEMS: items },
          ['read', 'read', 'write', 'write'],
          spread.workgroups,
        );
      },
    },
    forwardVec4Variant,
  ],
};

export const poolGradientFamily: Family<PoolProblem> = {
  name: 'pool-gradient',
  // An average's windows may be whole maps: on a GPU too much work for one invocation.
  prefer: (problem, { kind }) => (kind === 'gpu' && !problem.maximum ? 'direct' : suitsVec4(problem) ? 'vec4' : 'cells'),
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build(problem, capabilities) {
        const g = problem.geometry;
        const items = problem.batch * g.inputHeight * g.inputWidth * argmaxWords(problem.channels, g);
        const spread = chunkedGrid("a pooling's gradient", items, problem.replicas, capabilities);
        const outputs = problem.batch * g.outputHeight * g.outputWidth;
        return kernel(
          'pool-gradient/direct',
          gradient,
          {
            ...constants(problem),
            ...spread.constants,
            ITEMS: items,
            OUTPUTS: outputs,
            CODE_MASK: 2 ** (32 / codesPerWord(g)) - 1,
          },
          ['read', 'read', 'read', 'read', 'write'],
          spread.workgroups,
        );
      },
    },
    /* @__PURE__ */ cellsVariant('cells', gradientCells, 1),
    /* @__PURE__ */ cellsVariant('vec4', gradientVec4, 4),
  ],
};
