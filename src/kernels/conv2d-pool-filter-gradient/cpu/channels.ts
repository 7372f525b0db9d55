import shader from '../../../../shaders/conv2d-pool-filter-gradient/channels.wgsl';
import type { Variant } from '../../family.ts';
import { grid } from '../../grid.ts';
import { kernel } from '../../library.ts';
import { foldConstants } from '../../long-sum.ts';
import { codesPerWord } from '../../pool/problem.ts';
import {
  CONV2D_POOL_FILTER_GRADIENT_BINDINGS,
  type Conv2dPoolFilterGradientProblem,
  conv2dPoolFilterGradientConstants,
} from '../problem.ts';

/** Columns of taps, vectors of output channels and input channels that the shader has calls for. */
const MOST_TAP_COLUMNS = 7;
const MOST_VECTORS = 4;
const MOST_INPUTS = 4;
const MOST_SUMS = 112;
const MOST_SEEN_ROWS = 16;
/** Costs in units of one multiply-add: a load, and a step of picking an input. */
const LOAD = 50;
const PICK = 1;

function extent(size: number, stride: number, taps: number, dilation: number): number {
  return (size - 1) * stride + (taps - 1) * dilation + 1;
}

/** Rows and columns of the image that the winners of one window can see, and how many neighbouring windows see no more than the lanes hold. */
function seen({ pool, geometry: g }: Conv2dPoolFilterGradientProblem, lanes: number) {
  const columns = extent(pool.windowWidth, g.strideWidth, g.windowWidth, g.dilationWidth);
  const more = Math.floor((lanes - columns) / (pool.windowWidth * g.strideWidth));
  return {
    rows: extent(pool.windowHeight, g.strideHeight, g.windowHeight, g.dilationHeight),
    columns,
    windows: Math.min(pool.outputWidth, 1 + more),
  };
}

/** The output vectors x input channels that a subgroup sums: the cheapest by the instructions of a window. Measured on lavapipe. */
function registerBlock(problem: Conv2dPoolFilterGradientProblem, lanes: number): { vectors: number; inBlock: number } {
  const { outputChannels, inputChannels, pool } = problem;
  const taps = problem.geometry.windowHeight * problem.geometry.windowWidth;
  const all = Math.ceil(outputChannels / lanes);
  const { rows, windows } = seen(problem, lanes);
  let best = { vectors: 1, inBlock: 1 };
  let least = Infinity;
  for (let vectors = 1; vectors <= Math.min(all, MOST_VECTORS); vectors++)
    for (let inBlock = 1; inBlock <= Math.min(inputChannels, MOST_INPUTS); inBlock++) {
      if (vectors * inBlock > 1 && vectors * inBlock * taps > MOST_SUMS) continue;
      const loads = vectors + 1 + (inBlock * rows) / windows;
      const steps = vectors * inBlock * taps * (1 + pool.windowHeight * PICK);
      const cost = Math.ceil(all / vectors) * Math.ceil(inputChannels / inBlock) * (loads * LOAD + steps);
      if (cost < least) {
        least = cost;
        best = { vectors, inBlock };
      }
    }
  return best;
}

/** Sums over windows, an output channel a lane; each lane picks what its winner sees from registers that all share. */
export const channelsVariant: Variant<Conv2dPoolFilterGradientProblem> = {
  name: 'channels',
  supports(problem, { kind, subgroupSize }) {
    const { pool, groups, geometry: g } = problem;
    const { rows, columns } = seen(problem, subgroupSize);
    return (
      kind === 'cpu' &&
      subgroupSize > 1 &&
      groups === 1 &&
      codesPerWord(pool) === 4 &&
      g.windowWidth <= MOST_TAP_COLUMNS &&
      g.windowHeight * g.windowWidth <= MOST_SUMS &&
      rows <= MOST_SEEN_ROWS &&
      columns <= subgroupSize
    );
  },
  build(problem, capabilities) {
    const constants = conv2dPoolFilterGradientConstants(problem);
    const lanes = capabilities.subgroupSize;
    const { vectors, inBlock } = registerBlock(problem, lanes);
    const { windows } = seen(problem, lanes);
    const turnsARow = Math.ceil(problem.pool.outputWidth / windows);
    const turns = problem.batch * problem.pool.outputHeight * turnsARow;
    const blocks = Math.ceil(problem.outputChannels / (vectors * lanes));
    const items = blocks * Math.ceil(problem.inputChannels / inBlock);
    const spread = grid('a filter gradient', items, 1, problem.replicas * constants.SPLITS, capabilities);
    return kernel(
      'conv2d-pool-filter-gradient/channels',
      shader,
      {
        ...constants,
        ...spread.constants,
        ...foldConstants(constants.WINDOWS_PER_SPLIT, windows),
        LANES: lanes,
        OUT_VECTORS: vectors,
        OUT_BLOCKS: blocks,
        IN_BLOCK: inBlock,
        WINDOWS: windows,
        TURNS_A_ROW: turnsARow,
        TURNS: turns,
        TURNS_PER_SPLIT: Math.ceil(turns / constants.SPLITS),
        ITEMS: items,
      },
      CONV2D_POOL_FILTER_GRADIENT_BINDINGS,
      spread.workgroups,
    );
  },
};
