import shader from '../../../../shaders/conv2d/subgroup.wgsl';
import type { Variant } from '../../family.ts';
import { grid } from '../../grid.ts';
import { kernel } from '../../library.ts';
import { foldConstants } from '../../long-sum.ts';
import { CONV2D_BINDINGS, type Conv2dProblem, conv2dConstants, kernelExtent, termsOf } from '../problem.ts';

/**
 * The pixels of a row x vectors of channels that a lane sums in registers: the cheapest by the instructions of a turn (one row of
 * taps, one input channel), in units of one multiply-add. Measured on lavapipe; see bench/README.md.
 */
function registerTile(problem: Conv2dProblem, lanes: number): { tile: number; channels: number } {
  const { outWidth } = kernelExtent(problem);
  const { windowWidth, dilationWidth } = problem.geometry;
  const outChannels = problem.outputChannels / problem.groups;
  let best = { tile: 1, channels: 1, cost: Infinity };
  for (let vectors = 1; vectors <= Math.min(4, MOST_CHANNELS / lanes, Math.ceil(outChannels / lanes)); vectors++)
    for (let tile = 1; tile <= Math.min(16, outWidth); tile++) {
      const blocks = Math.ceil(outChannels / (vectors * lanes));
      const channels = Math.ceil(outChannels / blocks);
      const sums = tile * channels;
      if (tile * vectors > 1 && (sums > MOST_SUMS || sums * windowWidth > MOST_MULTIPLY_ADDS)) continue;
      const span = tile + (windowWidth - 1) * dilationWidth;
      const loads = (span + windowWidth * Math.ceil(channels / lanes)) * LOAD;
      const cost = Math.ceil(outWidth / tile) * blocks * (sums * windowWidth + sums + loads + channels * windowWidth * SHUFFLE);
      if (cost < best.cost) best = { tile, channels, cost };
    }
  return best;
}

/** Channels that a lane may sum: as many as the calls in the shader go through. */
export const MOST_CHANNELS = 32;
const MOST_SUMS = 224;
const MOST_MULTIPLY_ADDS = 1120;
/** Pixels that the window of one output may span: a lane holds them all. */
const MOST_SPAN = 256;
const LOAD = 30;
const SHUFFLE = 3;

export const subgroupVariant: Variant<Conv2dProblem> = {
  name: 'subgroup',
  supports({ geometry: g }, capabilities) {
    return (
      capabilities.kind === 'cpu' &&
      capabilities.subgroupSize > 1 &&
      capabilities.subgroupSize <= 16 &&
      g.strideHeight === 1 &&
      g.strideWidth === 1 &&
      (g.windowWidth - 1) * g.dilationWidth < MOST_SPAN
    );
  },
  build(problem, capabilities) {
    const { outHeight, outWidth } = kernelExtent(problem);
    const g = problem.geometry;
    const lanes = capabilities.subgroupSize;
    const outChannels = problem.outputChannels / problem.groups;
    const { tile, channels } = registerTile(problem, lanes);
    const blocks = Math.ceil(outChannels / channels);
    const tiles = Math.ceil(outWidth / tile);
    const items = tiles * outHeight * problem.batch;
    const groups = Math.ceil(items / lanes) * blocks;
    const { workgroups, constants } = grid('a convolution', groups, 1, problem.replicas * problem.groups, capabilities);
    const before = (extent: number, dilation: number, padding: number) => ({
      i32: problem.transposed ? (extent - 1) * dilation - padding : padding,
    });
    return kernel(
      'conv2d/subgroup',
      shader,
      {
        ...conv2dConstants(problem),
        ...constants,
        ...foldConstants(termsOf(problem), g.windowWidth),
        LANES: lanes,
        TILE: tile,
        TILES: tiles,
        SPAN: tile + (g.windowWidth - 1) * g.dilationWidth,
        VECTORS: Math.ceil(channels / lanes),
        CHANNELS: channels,
        BLOCKS: blocks,
        ITEMS: items,
        WORKGROUPS: groups,
        BEFORE_Y: before(g.windowHeight, g.dilationHeight, g.top),
        BEFORE_X: before(g.windowWidth, g.dilationWidth, g.left),
      },
      CONV2D_BINDINGS,
      workgroups,
    );
  },
};
