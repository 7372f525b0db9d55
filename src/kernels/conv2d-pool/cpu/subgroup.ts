import shader from '../../../../shaders/conv2d-pool/subgroup.wgsl';
import { termsOf } from '../../conv2d/problem.ts';
import type { Variant } from '../../family.ts';
import { grid } from '../../grid.ts';
import { kernel } from '../../library.ts';
import { foldConstants } from '../../long-sum.ts';
import { CONV2D_POOL_BINDINGS, type Conv2dPoolProblem, conv2dPoolConstants, suitsWindows } from '../problem.ts';

interface RegisterTile {
  readonly windows: number;
  readonly channels: number;
}

/**
 * The windows of a row x channels that a lane sums in registers: the cheapest by the instructions of an input channel, in units of
 * one multiply-add. Measured on lavapipe; see bench/README.md. Undefined where not even one window fits.
 */
function registerTile(problem: Conv2dPoolProblem, lanes: number): RegisterTile | undefined {
  const { outputChannels } = problem;
  const { windowHeight, windowWidth } = problem.geometry;
  const pool = problem.pool;
  let best: RegisterTile | undefined;
  let least = Infinity;
  for (let windows = 1; windows <= Math.min(pool.outputWidth, MOST_SPAN); windows++)
    for (let blocks = 1; blocks <= Math.ceil(outputChannels / 4); blocks++) {
      // A word of argmax belongs to one block.
      const channels = blocks === 1 ? outputChannels : Math.ceil(outputChannels / blocks / 4) * 4;
      const tile = windows * pool.windowWidth;
      const span = tile + windowWidth - 1;
      const sums = pool.windowHeight * tile * channels;
      const calls = Math.ceil(channels / channelsPerCall(tile, windowWidth));
      if (sums > MOST_SUMS || sums * windowWidth > MOST_MULTIPLY_ADDS || span > MOST_SPAN || calls > MOST_CALLS) continue;
      const weights = windowHeight * windowWidth * Math.ceil(channels / lanes);
      const loads = ((windowHeight + pool.windowHeight - 1) * span + weights) * LOAD;
      const shuffles = channels * pool.windowHeight * windowHeight * windowWidth * SHUFFLE;
      const turns = Math.ceil(pool.outputWidth / windows) * Math.ceil(outputChannels / channels);
      const cost = turns * (windowHeight * (sums * windowWidth + sums) + loads + shuffles);
      if (cost < least) {
        least = cost;
        best = { windows, channels };
      }
    }
  return best;
}

/** Channels whose unrolled text stays below what the driver unrolls. */
function channelsPerCall(tile: number, windowWidth: number): number {
  return Math.max(1, Math.floor(LONGEST_UNROLLED / (tile * Math.max(windowWidth, 4))));
}

const MOST_SUMS = 224;
const MOST_MULTIPLY_ADDS = 1120;
const LONGEST_UNROLLED = 280;
/** Calls of `load`, 16 pixels each, and of `accumulate` in the shader. */
const MOST_SPAN = 48;
const MOST_CALLS = 8;
const MOST_POOL_HEIGHT = 4;
const LOAD = 30;
const SHUFFLE = 3;

export const subgroupVariant: Variant<Conv2dPoolProblem> = {
  name: 'subgroup',
  supports(problem, { kind, subgroupSize }) {
    const { geometry: g, pool } = problem;
    return (
      kind === 'cpu' &&
      subgroupSize > 1 &&
      subgroupSize <= 16 &&
      [g.strideHeight, g.strideWidth, g.dilationHeight, g.dilationWidth].every((step) => step === 1) &&
      suitsWindows(problem) &&
      pool.windowHeight <= MOST_POOL_HEIGHT &&
      registerTile(problem, subgroupSize) !== undefined
    );
  },
  build(problem, capabilities) {
    const lanes = capabilities.subgroupSize;
    const { windows, channels } = registerTile(problem, lanes) ?? { windows: 1, channels: 1 };
    const { batch, pool, geometry, outputChannels } = problem;
    const blocks = Math.ceil(outputChannels / channels);
    const tiles = Math.ceil(pool.outputWidth / windows);
    const items = tiles * pool.outputHeight * batch;
    const groups = Math.ceil(items / lanes) * blocks;
    const spread = grid('a convolution with pooling', groups, 1, problem.replicas, capabilities);
    return kernel(
      'conv2d-pool/subgroup',
      shader,
      {
        ...conv2dPoolConstants(problem),
        ...spread.constants,
        ...foldConstants(termsOf(problem), geometry.windowWidth),
        LANES: lanes,
        WINDOWS: windows,
        TILES: tiles,
        VECTORS: Math.ceil(channels / lanes),
        CHANNELS: channels,
        A_CALL: channelsPerCall(windows * pool.windowWidth, geometry.windowWidth),
        BLOCKS: blocks,
        ITEMS: items,
        WORKGROUPS: groups,
        TOTAL_WINDOWS: batch * pool.outputHeight * pool.outputWidth,
      },
      CONV2D_POOL_BINDINGS,
      spread.workgroups,
    );
  },
};
