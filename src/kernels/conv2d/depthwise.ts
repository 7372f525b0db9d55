import shader from '../../../shaders/conv2d/depthwise.wgsl';
import { definitionOf } from '../../core/activations/registry.ts';
import type { Capabilities } from '../../gpu/gpu.ts';
import type { Variant } from '../family.ts';
import { given } from '../given.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { CONV2D_BINDINGS, CONV2D_SIZES, type Conv2dProblem, conv2dConstants, kernelExtent } from './problem.ts';

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

function rowsOf({ geometry: g, transposed }: Conv2dProblem): Axis {
  return axis(transposed, transposed ? g.strideHeight : 1, g.windowHeight, g.strideHeight, g.dilationHeight, g.top);
}

function columnsOf({ geometry: g, transposed }: Conv2dProblem, tile: number): Axis {
  return axis(transposed, tile, g.windowWidth, g.strideWidth, g.dilationWidth, g.left);
}

/** Whether no turn and no tile sees anything outside of the image. */
function isBorderless({ geometry: g, transposed }: Conv2dProblem, columns: Axis): boolean {
  const inside =
    g.outputHeight - 1 + (g.windowHeight - 1) * g.dilationHeight < g.inputHeight &&
    g.outputWidth - 1 + (g.windowWidth - 1) * g.dilationWidth < g.inputWidth;
  return (
    !transposed &&
    g.strideHeight === 1 &&
    g.strideWidth === 1 &&
    g.top === 0 &&
    g.left === 0 &&
    inside &&
    g.outputWidth % columns.out === 0
  );
}

/** What an invocation makes: a strip of these columns x `block` output channels of a group. */
interface Strip {
  readonly columns: Axis;
  readonly block: number;
}

/** The cheapest strip by instructions, in units of one multiply-add; undefined where none fits. Measured on lavapipe; see bench/README.md. */
function stripOf(problem: Conv2dProblem, kind: Capabilities['kind']): Strip | undefined {
  const { geometry: g, groups, transposed } = problem;
  const inputs = problem.inputChannels / groups;
  const outputs = problem.outputChannels / groups;
  if (g.windowHeight * g.windowWidth > MOST_VALUES[kind] || (transposed && g.strideHeight * g.strideWidth > MOST_RESULTS))
    return undefined;
  const rows = rowsOf(problem);
  const { outWidth } = kernelExtent(problem);
  const unit = transposed ? g.strideWidth : 1;
  const taps = (g.windowHeight * g.windowWidth) / (transposed ? g.strideHeight * g.strideWidth : 1);
  const widest = WIDEST[transposed ? 'transposed' : 'forward'][kind];
  let best: Strip | undefined;
  let least = Infinity;
  for (let block = 1; block <= Math.min(MOST_BLOCK, outputs); block++)
    for (let width = unit; width === unit || (width <= widest && width < outWidth + unit); width += unit) {
      const columns = columnsOf(problem, width);
      const sums = rows.out * width * block;
      const multiplyAdds = sums * taps * inputs;
      const loads = Math.min(rows.step, rows.span) * columns.span * inputs;
      const values = (rows.span * columns.span + g.windowHeight * g.windowWidth * block) * inputs;
      if (values > MOST_VALUES[kind]) continue;
      if (width * block > unit && (multiplyAdds > MOST_MULTIPLY_ADDS || loads > MOST_LOADS || sums > MOST_SUMS)) continue;
      const turn = multiplyAdds + values + loads * LOAD + sums * STORE;
      const cost = Math.ceil(outputs / block) * Math.ceil(outWidth / width) * turn;
      if (cost < least) {
        least = cost;
        best = { columns, block };
      }
    }
  return best;
}

const MOST_BLOCK = 8;
/** Columns of a tile at most; wider ones pay where each output also reads what an activation saved. */
const WIDEST = { forward: { cpu: 8, gpu: 4 }, transposed: { cpu: 14, gpu: 4 } } as const;
/** Values of the input and of the filter that an invocation may hold. Software drivers take seconds to compile more. */
const MOST_VALUES = { cpu: 96, gpu: 256 } as const;
/** Results of a turn, however small the strip: a transposed one makes as many as a stride has pixels. */
const MOST_RESULTS = 1024;
const MOST_MULTIPLY_ADDS = 500;
const MOST_LOADS = 16;
const MOST_SUMS = 16;
const LOAD = 50;
const STORE = 60;
/** Rows of taps that the shader has calls for. */
const MOST_ROWS = 9;

/** Turns of a section: as many as leave this many invocations; each section begins by reading rows that another has read. */
const ENOUGH = { cpu: 256, gpu: 65_536 } as const;

const SIZES = [
  ...CONV2D_SIZES.filter((name) => name !== 'IN_CHANNELS'),
  ...['GROUPS', 'BLOCKS', 'UNITS', 'TILES', 'TURNS', 'ALL_TURNS', 'SECTIONS', 'ITEMS'],
];

/** For groups of one input channel (transposed: one output channel): depthwise layers, and first layers that see grey images. */
export const depthwiseVariant: Variant<Conv2dProblem> = {
  name: 'depthwise',
  supports(problem, { kind }) {
    const { geometry: g, groups, transposed, inputChannels, outputChannels } = problem;
    const depthwise = (transposed ? outputChannels : inputChannels) === groups;
    return depthwise && g.windowHeight <= MOST_ROWS && stripOf(problem, kind) !== undefined;
  },
  build(problem, capabilities) {
    const { outHeight, outWidth } = kernelExtent(problem);
    const strip = stripOf(problem, capabilities.kind);
    if (!strip) throw new Error('No strip fits this convolution: supports() must be asked first');
    const { columns, block } = strip;
    const rows = rowsOf(problem);
    const blocks = Math.ceil(problem.outputChannels / problem.groups / block);
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
    const constants = {
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
      IDLE: spread.workgroups[0] * spread.workgroups[1] * workgroup > items,
      BORDERLESS: isBorderless(problem, columns),
      RESULTS: rows.out * columns.out * block,
      COMPACT: capabilities.kind === 'cpu' && (dropout !== undefined || definitionOf(activation.kind).transcendental),
      WHOLE_TURNS: outHeight % rows.out === 0,
      WHOLE_TILES: outWidth % columns.out === 0,
      WHOLE_BLOCKS: (problem.outputChannels / problem.groups) % block === 0,
    };
    return kernel(
      'conv2d/depthwise',
      shader,
      capabilities.kind === 'cpu' ? given(constants, SIZES, items + workgroup) : constants,
      CONV2D_BINDINGS,
      spread.workgroups,
    );
  },
};
