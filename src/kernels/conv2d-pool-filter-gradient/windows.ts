import shader from '../../../shaders/conv2d-pool-filter-gradient/windows.wgsl';
import type { Variant } from '../family.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { foldConstants } from '../long-sum.ts';
import { codesPerWord } from '../pool/problem.ts';
import {
  CONV2D_POOL_FILTER_GRADIENT_BINDINGS,
  type Conv2dPoolFilterGradientProblem,
  conv2dPoolFilterGradientConstants,
} from './problem.ts';

/** Taps that an invocation sums at once, and the calls of `add_row` in the shader. */
const MOST_TAPS = 32;
const MOST_TAP_ROWS = 5;

/** Sums over windows, not pixels: an invocation reads the image at the winner of each. */
export const windowsVariant: Variant<Conv2dPoolFilterGradientProblem> = {
  name: 'windows',
  supports: ({ pool, groups, geometry }) => groups === 1 && codesPerWord(pool) === 4 && geometry.windowWidth <= MOST_TAPS,
  build(problem, capabilities) {
    const constants = conv2dPoolFilterGradientConstants(problem);
    const { windowHeight, windowWidth } = problem.geometry;
    const rowBlocks = Math.ceil(windowHeight / Math.min(MOST_TAP_ROWS, Math.floor(MOST_TAPS / windowWidth)));
    const items = problem.outputChannels * problem.inputChannels * rowBlocks;
    const layers = problem.replicas * constants.SPLITS;
    const lanes = capabilities.kind === 'cpu' ? 8 : 64;
    const spread = grid('a filter gradient', items, 1, layers, capabilities);
    return kernel(
      'conv2d-pool-filter-gradient/windows',
      shader,
      {
        ...constants,
        ...spread.constants,
        ...foldConstants(constants.WINDOWS_PER_SPLIT / lanes, 1),
        WORKGROUP: lanes,
        TAP_ROWS: Math.ceil(windowHeight / rowBlocks),
        ITEMS: items,
      },
      CONV2D_POOL_FILTER_GRADIENT_BINDINGS,
      spread.workgroups,
    );
  },
};
