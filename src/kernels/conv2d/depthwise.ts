import shader from '../../../shaders/conv2d/depthwise.wgsl';
import type { Capabilities } from '../../gpu/gpu.ts';
import type { Variant } from '../family.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { CONV2D_BINDINGS, type Conv2dProblem, conv2dConstants, kernelExtent } from './problem.ts';

/** One axis of a strip: what a turn (rows) or a tile (columns) makes and sees. */
interface Axis {
  /** Outputs made, and steps of the input from one turn or tile to the next. */
  readonly out: number;
  readonly step: number;
  /** Inputs seen, the first of turn or tile 0 being input number `first`. */
  readonly span: number;
  readonly first: number;
}

/** `out` must be a multiple of the stride in a transposed convolution: so each turn sees the same taps. */
function axis(transposed: boolean, out: number, window: number, stride: number, dilation: number, before: number): Axis {
  if (!transposed) return { out, step: out * stride, span: (out - 1) * stride + (window - 1) * dilation + 1, first: -before };
  let [first, last] = [Infinity, -Infinity];
  for (let p = 0; p < out; p++)
    for (let tap = 0; tap < window; tap++) {
      const at = (p + before - tap * dilation) / stride;
      if (!Number.isInteger(at)) continue;
      first = Math.min(first, at);
      last = Math.max(last, at);
    }
  return { out, step: out / stride, span: last - first + 1, first };
}

/** Output channels of one group that an invocation makes: what it reads serves them all. */
function blockOf({ outputChannels, groups }: Conv2dProblem): { block: number; blocks: number } {
  const channels = outputChannels / groups;
  const blocks = Math.ceil(channels / MOST_CHANNELS);
  return { block: Math.ceil(channels / blocks), blocks };
}

const MOST_CHANNELS = 4;
/** Rows of taps that the shader has calls for. */
const MOST_ROWS = 9;
/** Values of the input and of the filter that an invocation may hold. Software drivers take seconds to compile more. */
const MOST_VALUES = { cpu: 128, gpu: 256 } as const;

function rowsOf({ geometry: g, transposed }: Conv2dProblem): Axis {
  return axis(transposed, transposed ? g.strideHeight : 1, g.windowHeight, g.strideHeight, g.dilationHeight, g.top);
}

function columnsOf({ geometry: g, transposed }: Conv2dProblem, tile: number): Axis {
  return axis(transposed, tile, g.windowWidth, g.strideWidth, g.dilationWidth, g.left);
}

/** The widths that a tile can have: up to `most`, or the stride of a transposed convolution, and no wider than the image needs. */
function widths(problem: Conv2dProblem, most: number): number[] {
  const unit = problem.transposed ? problem.geometry.strideWidth : 1;
  const wanted = Math.ceil(kernelExtent(problem).outWidth / unit);
  return Array.from({ length: Math.max(1, Math.min(wanted, Math.floor(most / unit))) }, (_, i) => (i + 1) * unit);
}

/** The columns of a strip: the cheapest by instructions, in units of one multiply-add. Measured on lavapipe; see bench/README.md. */
function stripOf(problem: Conv2dProblem, { kind }: Capabilities): Axis {
  const inputs = problem.inputChannels / problem.groups;
  const { block } = blockOf(problem);
  const rows = rowsOf(problem);
  const { windowHeight, windowWidth } = problem.geometry;
  const { outWidth } = kernelExtent(problem);
  let best = columnsOf(problem, widths(problem, 1)[0] ?? 1);
  let least = Infinity;
  for (const width of widths(problem, kind === 'cpu' ? 8 : 4)) {
    const columns = columnsOf(problem, width);
    const sums = rows.out * width * block;
    const multiplyAdds =
      (sums * windowHeight * windowWidth * inputs) / (problem.transposed ? rows.out * problem.geometry.strideWidth : 1);
    const held = rows.span * columns.span * inputs;
    const loads = Math.min(rows.step, rows.span) * columns.span * inputs;
    if (least < Infinity && (held > MOST_VALUES[kind] || multiplyAdds > MOST_MULTIPLY_ADDS || loads > MOST_LOADS || sums > MOST_SUMS))
      break;
    const cost = Math.ceil(outWidth / width) * (multiplyAdds + held * MOVE + loads * LOAD + sums * STORE);
    if (cost < least) {
      least = cost;
      best = columns;
    }
  }
  return best;
}

const MOST_MULTIPLY_ADDS = 500;
const MOST_LOADS = 16;
const MOST_SUMS = 16;
const LOAD = 50;
const STORE = 60;
const MOVE = 1;

/** Turns of a section: as many as leave this many invocations; each section begins by reading rows that another has read. */
const ENOUGH = { cpu: 256, gpu: 65_536 } as const;

export const depthwiseVariant: Variant<Conv2dProblem> = {
  name: 'depthwise',
  supports(problem, { kind }) {
    const { geometry: g, groups, transposed, inputChannels, outputChannels } = problem;
    const inputs = inputChannels / groups;
    const pixels = rowsOf(problem).span * columnsOf(problem, widths(problem, 1)[0] ?? 1).span;
    const weights = g.windowHeight * g.windowWidth * blockOf(problem).block;
    return (
      (transposed ? outputChannels : inputChannels) === groups &&
      inputs <= MOST_CHANNELS &&
      g.windowHeight <= MOST_ROWS &&
      (pixels + weights) * inputs <= MOST_VALUES[kind]
    );
  },
  build(problem, capabilities) {
    const { outHeight, outWidth } = kernelExtent(problem);
    const { block, blocks } = blockOf(problem);
    const rows = rowsOf(problem);
    const columns = stripOf(problem, capabilities);
    const units = problem.groups * blocks;
    const tiles = Math.ceil(outWidth / columns.out);
    const allTurns = Math.ceil(outHeight / rows.out);
    const strips = units * tiles * problem.batch * problem.replicas;
    const turns = Math.ceil(allTurns / Math.max(1, Math.min(Math.ceil(ENOUGH[capabilities.kind] / strips), allTurns)));
    const sections = Math.ceil(allTurns / turns);
    const items = units * tiles * sections * problem.batch;
    const workgroup = capabilities.kind === 'cpu' ? 16 : 64;
    const spread = grid('a depthwise convolution', items, workgroup, problem.replicas, capabilities);
    const { activation, dropout } = problem.epilogue;
    return kernel(
      'conv2d/depthwise',
      shader,
      {
        ...conv2dConstants(problem),
        ...spread.constants,
        BLOCK: block,
        BLOCKS: blocks,
        UNITS: units,
        TILE: columns.out,
        TILE_IN: columns.step,
        TILES: tiles,
        SPAN: columns.span,
        FIRST_X: { i32: columns.first },
        TURN_OUT: rows.out,
        TURN_IN: rows.step,
        HELD: rows.span,
        FRESH: Math.min(rows.step, rows.span),
        WARM_UP: { i32: Math.max(0, Math.ceil((rows.span - rows.step) / rows.step)) },
        FIRST_Y: { i32: rows.first },
        TURNS: turns,
        ALL_TURNS: allTurns,
        SECTIONS: sections,
        ITEMS: items,
        RESULTS: rows.out * columns.out * block,
        COMPACT:
          capabilities.kind === 'cpu' && (dropout !== undefined || activation.kind === 'sigmoid' || activation.kind === 'tanh'),
      },
      CONV2D_BINDINGS,
      spread.workgroups,
    );
  },
};
