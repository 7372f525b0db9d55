import direct from '../../shaders/conv2d/direct.wgsl';
import subgroup from '../../shaders/conv2d/subgroup.wgsl';
import type { WindowGeometry } from '../core/geometry.ts';
import { type Epilogue, epilogueConstants } from './epilogue.ts';
import { type Family, type Variant, workgroupSize } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { type View, viewConstants } from './view.ts';

/**
 * A convolution, or (`transposed`) its gradient with respect to the input, which is a convolution of the output's gradient.
 * `input` and `output` are what this kernel reads and writes, `geometry` is the forward one.
 * Bindings: x, filter, bias, saved, state, y.
 */
export interface Conv2dProblem {
  readonly replicas: number;
  readonly batch: number;
  readonly geometry: WindowGeometry;
  /** Channels of the whole input and output of this kernel, over all groups. */
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly groups: number;
  readonly transposed: boolean;
  readonly bias: boolean;
  readonly epilogue: Epilogue;
  readonly x: View;
  readonly y: View;
  readonly saved?: View;
  /** Elements from one replica's filter, or bias, to the next. */
  readonly filterReplica: number;
  readonly biasReplica: number;
}

/** Heights and widths as this kernel sees them: input and output change places in a transposed convolution. */
export function kernelExtent({ geometry: g, transposed }: Conv2dProblem): {
  inHeight: number;
  inWidth: number;
  outHeight: number;
  outWidth: number;
} {
  return transposed
    ? { inHeight: g.outputHeight, inWidth: g.outputWidth, outHeight: g.inputHeight, outWidth: g.inputWidth }
    : { inHeight: g.inputHeight, inWidth: g.inputWidth, outHeight: g.outputHeight, outWidth: g.outputWidth };
}

/** The constants that every variant shares. Filter strides: forward [KH,KW,C/groups,K] is read along K, transposed along C. */
export function conv2dConstants(problem: Conv2dProblem) {
  const { geometry: g, groups, transposed } = problem;
  const inChannels = problem.inputChannels / groups;
  const outChannels = problem.outputChannels / groups;
  const filterOutputs = transposed ? problem.inputChannels : problem.outputChannels;
  const filterInputs = transposed ? outChannels : inChannels;
  const { inHeight, inWidth, outHeight, outWidth } = kernelExtent(problem);
  return {
    ...viewConstants('X', problem.x),
    ...viewConstants('Y', problem.y),
    ...viewConstants('SAVED', problem.saved),
    ...epilogueConstants(problem.epilogue),
    TRANSPOSED: transposed,
    BIAS: problem.bias,
    GROUPS: groups,
    IN_CHANNELS: inChannels,
    OUT_CHANNELS: outChannels,
    IN_HEIGHT: inHeight,
    IN_WIDTH: inWidth,
    OUT_HEIGHT: outHeight,
    OUT_WIDTH: outWidth,
    WINDOW_HEIGHT: g.windowHeight,
    WINDOW_WIDTH: g.windowWidth,
    STRIDE_HEIGHT: g.strideHeight,
    STRIDE_WIDTH: g.strideWidth,
    DILATION_HEIGHT: g.dilationHeight,
    DILATION_WIDTH: g.dilationWidth,
    TOP: g.top,
    LEFT: g.left,
    FILTER_TAP: filterInputs * filterOutputs,
    FILTER_IN: transposed ? 1 : filterOutputs,
    FILTER_OUT: transposed ? filterOutputs : 1,
    FILTER_GROUP: transposed ? inChannels : outChannels,
    FILTER_REPLICA: problem.filterReplica,
    BIAS_REPLICA: problem.biasReplica,
  };
}

export const CONV2D_BINDINGS = ['read', 'read', 'read', 'read', 'read', 'write'] as const;

const directVariant: Variant<Conv2dProblem> = {
  name: 'direct',
  supports: () => true,
  build(problem, capabilities) {
    const { outHeight, outWidth } = kernelExtent(problem);
    const outChannels = problem.outputChannels / problem.groups;
    const block = Math.min(outChannels, 4);
    const blocks = Math.ceil(outChannels / block);
    const tile = Math.min(outWidth, 7);
    const tiles = Math.ceil(outWidth / tile);
    const items = blocks * tiles * outHeight * problem.batch;
    const { workgroups, constants } = grid(
      'a convolution',
      items,
      workgroupSize(capabilities),
      problem.replicas * problem.groups,
      capabilities,
    );
    return kernel(
      'conv2d/direct',
      direct,
      {
        ...conv2dConstants(problem),
        ...constants,
        COMPACT: capabilities.kind === 'cpu',
        TILE: tile,
        BLOCK: block,
        TILES: tiles,
        BLOCKS: blocks,
        ITEMS: items,
      },
      CONV2D_BINDINGS,
      workgroups,
    );
  },
};

/**
 * The pixels of a row x vectors of channels that a lane sums in registers: the cheapest by the instructions of a turn (one row of
 * taps, one input channel), in units of one multiply-add. Measured on lavapipe; see bench/README.md.
 */
function registerTile(problem: Conv2dProblem, lanes: number): { tile: number; channels: number } {
  const { outWidth } = kernelExtent(problem);
  const { windowWidth, dilationWidth } = problem.geometry;
  const outChannels = problem.outputChannels / problem.groups;
  let best = { tile: 1, channels: 1, cost: Infinity };
  for (let vectors = 1; vectors <= Math.min(4, Math.ceil(outChannels / lanes)); vectors++)
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

const MOST_SUMS = 224;
const MOST_MULTIPLY_ADDS = 1120;
const LOAD = 30;
const SHUFFLE = 3;

const subgroupVariant: Variant<Conv2dProblem> = {
  name: 'subgroup',
  supports({ geometry: g }, capabilities) {
    return (
      capabilities.kind === 'cpu' &&
      capabilities.subgroupSize > 1 &&
      capabilities.subgroupSize <= 16 &&
      g.strideHeight === 1 &&
      g.strideWidth === 1
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
      subgroup,
      {
        ...conv2dConstants(problem),
        ...constants,
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

export const conv2dFamily: Family<Conv2dProblem> = {
  name: 'conv2d',
  variants: [directVariant, subgroupVariant],
  prefer: (problem, capabilities) => (subgroupVariant.supports(problem, capabilities) ? 'subgroup' : 'direct'),
};
