import gradient from '../../shaders/pool/gradient.wgsl';
import gradientCells from '../../shaders/pool/gradient-cells.wgsl';
import gradientVec4 from '../../shaders/pool/gradient-vec4.wgsl';
import type { Family, Variant } from './family.ts';
import { kernel } from './library.ts';
import {
  argmaxWords,
  codesPerWord,
  isCompact,
  type PoolProblem,
  poolConstants,
  sized,
  suitsVec4,
  WINDOW,
} from './pool/problem.ts';
import { chunkedGrid } from './vec4.ts';

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
      const compact = isCompact(g.strideHeight * g.strideWidth, capabilities);
      const cellsHeight = Math.ceil(g.inputHeight / g.strideHeight);
      const cellsWidth = Math.ceil(g.inputWidth / g.strideWidth);
      const items = (batch * cellsHeight * cellsWidth * channels) / channelsAtOnce;
      const spread = chunkedGrid("a pooling's gradient", items, problem.replicas, capabilities);
      return kernel(
        `pool-gradient/${name}`,
        source,
        sized(
          items,
          {
            ...poolConstants(problem),
            ...spread.constants,
            ...(channelsAtOnce === 4 && { WORDS: channels / 4 }),
            ITEMS: items,
            COMPACT: compact,
            OUTPUTS: batch * g.outputHeight * g.outputWidth,
            CODE_MASK: 2 ** (32 / codesPerWord(g)) - 1,
            CELLS_HEIGHT: cellsHeight,
            CELLS_WIDTH: cellsWidth,
            RAGGED: cellsHeight * g.strideHeight > g.inputHeight || cellsWidth * g.strideWidth > g.inputWidth,
            EMPTY_CELLS: cellsHeight > g.outputHeight || cellsWidth > g.outputWidth,
          },
          capabilities,
          compact ? WINDOW : [],
        ),
        ['read', 'read', 'read', 'read', 'write'],
        spread.workgroups,
      );
    },
  };
}

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
            ...poolConstants(problem),
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
