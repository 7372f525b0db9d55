import shader from '../../../../shaders/conv2d/strided.wgsl';
import type { Variant } from '../../family.ts';
import { given } from '../../given.ts';
import { grid } from '../../grid.ts';
import { kernel } from '../../library.ts';
import { foldConstants } from '../../long-sum.ts';
import { CONV2D_BINDINGS, CONV2D_SIZES, type Conv2dProblem, conv2dConstants, kernelExtent } from '../problem.ts';
import { MOST_CHANNELS } from './subgroup.ts';

/** One axis of the convolution that a phase is: its taps, inputs from an output and from a tap to the next, outputs. */
interface Axis {
  readonly phases: number;
  readonly taps: number;
  readonly step: number;
  readonly gap: number;
  readonly outputs: number;
}

/** Transposed, a phase per remainder of the outputs by the stride; with a dilation above 1 its taps would not lie a stride apart. */
function axis(transposed: boolean, outputs: number, window: number, stride: number, dilation: number): Axis {
  return transposed
    ? { phases: stride, taps: Math.ceil(window / stride), step: 1, gap: 1, outputs: Math.ceil(outputs / stride) }
    : { phases: 1, taps: window, step: stride, gap: dilation, outputs };
}

/**
 * The pixels of a row x vectors of channels that a lane sums in registers: the cheapest by the instructions of a turn (one row of
 * taps, one input channel), in units of one multiply-add. Measured on lavapipe; see bench/README.md.
 */
function registerTile(outChannels: number, columns: Axis, lanes: number): { tile: number; channels: number } {
  let best = { tile: 1, channels: Math.min(lanes, outChannels) };
  let least = Infinity;
  for (let vectors = 1; vectors <= Math.min(4, MOST_CHANNELS / lanes, Math.ceil(outChannels / lanes)); vectors++)
    for (let tile = 1; tile <= Math.min(16, columns.outputs); tile++) {
      const blocks = Math.ceil(outChannels / (vectors * lanes));
      const channels = Math.ceil(outChannels / blocks);
      const sums = tile * channels;
      const loads = spanOf(columns, tile) + columns.taps * Math.ceil(channels / lanes);
      if (sums > MOST_SUMS || sums * columns.taps > MOST_MULTIPLY_ADDS || loads > MOST_LOADS) continue;
      const turn = sums * columns.taps + sums + loads * LOAD + channels * columns.taps * SHUFFLE;
      const cost = Math.ceil(columns.outputs / tile) * blocks * turn;
      if (cost < least) {
        least = cost;
        best = { tile, channels };
      }
    }
  return best;
}

function spanOf({ step, gap, taps }: Axis, tile: number): number {
  return (tile - 1) * step + (taps - 1) * gap + 1;
}

const MOST_SUMS = 224;
const MOST_MULTIPLY_ADDS = 1120;
const MOST_LOADS = 36;
/** Pixels that the window of one output may span: a lane holds them all. */
const MOST_SPAN = 256;
const LOAD = 30;
const SHUFFLE = 3;

export const stridedVariant: Variant<Conv2dProblem> = {
  name: 'strided',
  supports({ geometry: g, transposed }, { kind, subgroupSize }) {
    const columns = axis(transposed, 1, g.windowWidth, g.strideWidth, g.dilationWidth);
    const dilated = g.dilationHeight > 1 || g.dilationWidth > 1;
    return (
      kind === 'cpu' &&
      subgroupSize > 1 &&
      subgroupSize <= 16 &&
      (g.strideHeight > 1 || g.strideWidth > 1) &&
      !(transposed && dilated) &&
      spanOf(columns, 1) <= MOST_SPAN
    );
  },
  build(problem, capabilities) {
    const { outHeight, outWidth } = kernelExtent(problem);
    const { geometry: g, transposed } = problem;
    const lanes = capabilities.subgroupSize;
    const outChannels = problem.outputChannels / problem.groups;
    const rows = axis(transposed, outHeight, g.windowHeight, g.strideHeight, g.dilationHeight);
    const columns = axis(transposed, outWidth, g.windowWidth, g.strideWidth, g.dilationWidth);
    const { tile, channels } = registerTile(outChannels, columns, lanes);
    const blocks = Math.ceil(outChannels / channels);
    const tiles = Math.ceil(columns.outputs / tile);
    const items = tiles * rows.outputs * problem.batch;
    const groups = Math.ceil(items / lanes) * blocks * rows.phases * columns.phases;
    const { workgroups, constants } = grid('a convolution', groups, 1, problem.replicas * problem.groups, capabilities);
    return kernel(
      'conv2d/strided',
      shader,
      given(
        {
          ...conv2dConstants(problem),
          ...constants,
          ...foldConstants((rows.taps * columns.taps * problem.inputChannels) / problem.groups, columns.taps),
          LANES: lanes,
          TILE: tile,
          TILES: tiles,
          ROWS: rows.outputs,
          SPAN: spanOf(columns, tile),
          VECTORS: Math.ceil(channels / lanes),
          CHANNELS: channels,
          BLOCKS: blocks,
          WHOLE_BLOCKS: outChannels % channels === 0,
          ITEMS: items,
          WORKGROUPS: groups,
          PHASES_Y: rows.phases,
          TAPS_Y: rows.taps,
          STEP_Y: rows.step,
          GAP_Y: rows.gap,
          PHASES_X: columns.phases,
          TAPS_X: columns.taps,
          STEP_X: columns.step,
          GAP_X: columns.gap,
        },
        [...CONV2D_SIZES, 'WINDOW_HEIGHT', 'TAPS_Y', 'TOP', 'LEFT', 'TILES', 'ROWS', 'ITEMS', 'WORKGROUPS'],
        items,
      ),
      CONV2D_BINDINGS,
      workgroups,
    );
  },
};
