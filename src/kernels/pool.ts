import forward from '../../shaders/pool/forward.wgsl';
import forwardVec4 from '../../shaders/pool/forward-vec4.wgsl';
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

const forwardVec4Variant: Variant<PoolProblem> = {
  name: 'vec4',
  supports: suitsVec4,
  build(problem, capabilities) {
    const { geometry: g, batch, channels } = problem;
    const items = (batch * g.outputHeight * g.outputWidth * channels) / 4;
    const spread = chunkedGrid('a pooling', items, problem.replicas, capabilities);
    const compact = isCompact(g.windowHeight * g.windowWidth, capabilities);
    const padded =
      g.top > 0 ||
      g.left > 0 ||
      (g.outputHeight - 1) * g.strideHeight + g.windowHeight > g.inputHeight ||
      (g.outputWidth - 1) * g.strideWidth + g.windowWidth > g.inputWidth;
    return kernel(
      'pool/vec4',
      forwardVec4,
      sized(
        items,
        {
          ...poolConstants(problem),
          ...spread.constants,
          COMPACT: compact,
          WORDS: channels / 4,
          ARGMAX: problem.argmax,
          ITEMS: items,
          PADDED: padded,
          EVEN: !padded && g.inputHeight === g.outputHeight * g.strideHeight,
        },
        capabilities,
        compact ? WINDOW : [],
      ),
      ['read', 'read', 'write', 'write'],
      spread.workgroups,
    );
  },
};

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
          sized(
            items,
            { ...poolConstants(problem), ...spread.constants, ARGMAX: problem.argmax, ITEMS: items },
            capabilities,
            isCompact(g.windowHeight * g.windowWidth * codesPerWord(g), capabilities) ? WINDOW : [],
          ),
          ['read', 'read', 'write', 'write'],
          spread.workgroups,
        );
      },
    },
    forwardVec4Variant,
  ],
};
