import shader from '../../../../shaders/conv2d-filter-gradient/subgroup.wgsl';
import type { WindowGeometry } from '../../../core/geometry.ts';
import type { Variant } from '../../family.ts';
import { given } from '../../given.ts';
import { grid } from '../../grid.ts';
import { kernel } from '../../library.ts';
import { foldConstants } from '../../long-sum.ts';
import {
  FILTER_GRADIENT_BINDINGS,
  FILTER_GRADIENT_SIZES,
  type FilterGradientProblem,
  filterGradientConstants,
  termsOfSplit,
} from '../problem.ts';

interface RegisterBlock {
  readonly pixels: number;
  readonly inBlock: number;
  readonly outVectors: number;
  readonly tapRows: number;
}

/**
 * What a subgroup sums in registers, and the pixels of one turn: the cheapest by the instructions of a row of output pixels, in
 * units of one multiply-add. Measured on lavapipe; see bench/README.md.
 */
function registerBlock(problem: FilterGradientProblem, lanes: number): RegisterBlock {
  const { geometry: g, groups } = problem;
  const inChannels = problem.inputChannels / groups;
  const vectors = Math.ceil(problem.outputChannels / groups / lanes);
  let best: RegisterBlock = { pixels: 1, inBlock: 1, outVectors: 1, tapRows: 1 };
  let least = Infinity;
  for (let pixels = 1; pixels <= Math.min(14, g.outputWidth); pixels++)
    for (let inBlock = 1; inBlock <= Math.min(32, inChannels); inBlock++)
      for (let outVectors = 1; outVectors <= Math.min(4, vectors); outVectors++)
        for (let tapRows = 1; tapRows <= Math.min(g.windowHeight, MOST_SUMS); tapRows++) {
          const slices = inBlock * tapRows;
          const sums = slices * g.windowWidth * outVectors;
          const span = filterGradientSpan(g, pixels);
          const fresh = inputLoads(g, pixels, inBlock, lanes);
          const loads = pixels * outVectors + tapRows * fresh;
          const kept = tapRows * (inputVectors(g, pixels, inBlock, lanes) - fresh);
          const unrolled = Math.ceil(slices / CALLS) * (g.windowWidth * outVectors * (pixels + 2) + span);
          const inRegisters = pixels * outVectors <= MOST_GRADIENTS;
          const code = sums * (SUM_BYTES + pixels * (inRegisters ? MULTIPLY_ADD_BYTES : SPILLED_BYTES)) + loads * LOAD_BYTES;
          if (slices * outVectors * pixels > 1 && (sums > MOST_SUMS || unrolled > LONGEST_UNROLLED)) continue;
          const blocks = Math.ceil(vectors / outVectors) * Math.ceil(inChannels / inBlock) * Math.ceil(g.windowHeight / tapRows);
          const multiplyAdds = sums * pixels * (inRegisters ? 1 : SPILLED);
          const turn = multiplyAdds + sums * SUM + loads * LOAD + slices * span * SHUFFLE;
          const row = Math.ceil(g.outputWidth / pixels) * turn * (1 + Math.max(0, code - SHORT_CODE) / SLOW_CODE);
          const cost = blocks * (row + kept * LOAD);
          if (cost < least) {
            least = cost;
            best = { pixels, inBlock, outVectors, tapRows };
          }
        }
  return best;
}

/** Input pixels of a row that the taps of `pixels` neighbouring output pixels see. */
function filterGradientSpan(g: WindowGeometry, pixels: number): number {
  return (pixels - 1) * g.strideWidth + (g.windowWidth - 1) * g.dilationWidth + 1;
}

/** Vectors of inputs that a turn needs, in a row of taps. */
function inputVectors(g: WindowGeometry, pixels: number, inBlock: number, lanes: number): number {
  return Math.ceil((filterGradientSpan(g, pixels) * inBlock) / lanes);
}

/** Those of them that a turn loads: the others it finds where the turn before left them, if a turn's step is whole vectors. */
function inputLoads(g: WindowGeometry, pixels: number, inBlock: number, lanes: number): number {
  const step = (pixels * g.strideWidth * inBlock) / lanes;
  const all = inputVectors(g, pixels, inBlock, lanes);
  return Number.isInteger(step) ? Math.min(step, all) : all;
}

/** Calls of `accumulate` in the shader. */
const CALLS = 8;
const MOST_SUMS = 320;
/** Pixels that a row of taps may span: a subgroup holds them all. */
const MOST_SPAN = 256;
/** What the driver unrolls (Mesa: 832 instructions, with some reserve). */
const LONGEST_UNROLLED = 600;
/** Vectors of gradients that stay in a CPU's 16 vector registers beside the inputs; others are fetched for each multiply-add. */
const MOST_GRADIENTS = 8;
/** Bytes of machine code: of a sum that is fetched, masked and put back, of a multiply-add, of one that fetches a factor, of a load. */
const SUM_BYTES = 24;
const MULTIPLY_ADD_BYTES = 8;
const SPILLED_BYTES = 13;
const LOAD_BYTES = 550;
/** A turn of more bytes than SHORT_CODE is slower, as if it left a cache of decoded instructions: twice the time with SLOW_CODE more. */
const SHORT_CODE = 11_000;
const SLOW_CODE = 40_000;
/** Costs in units of one multiply-add: one that fetches a factor, a sum that is fetched and put back, a load, a shuffle. */
const SPILLED = 1.4;
const SUM = 0.56;
const LOAD = 20;
const SHUFFLE = 1;

export const subgroupVariant: Variant<FilterGradientProblem> = {
  name: 'subgroup',
  supports({ geometry: g }, { kind, subgroupSize }) {
    return kind === 'cpu' && subgroupSize > 1 && subgroupSize <= 16 && filterGradientSpan(g, 1) <= MOST_SPAN;
  },
  build(problem, capabilities) {
    const constants = filterGradientConstants(problem);
    const g = problem.geometry;
    const lanes = capabilities.subgroupSize;
    const { pixels, inBlock, outVectors, tapRows } = registerBlock(problem, lanes);
    const slices = inBlock * tapRows;
    const span = filterGradientSpan(g, pixels);
    const outBlocks = Math.ceil(constants.OUT_CHANNELS / (outVectors * lanes));
    const inBlocks = Math.ceil(constants.IN_CHANNELS / inBlock);
    const items = outBlocks * inBlocks * Math.ceil(g.windowHeight / tapRows);
    const spread = grid('a filter gradient', items, 1, problem.replicas * constants.SPLITS * problem.groups, capabilities);
    return kernel(
      'conv2d-filter-gradient/subgroup',
      shader,
      given(
        {
          ...constants,
          ...spread.constants,
          ...foldConstants(termsOfSplit(problem), pixels),
          LANES: lanes,
          PIXELS: pixels,
          SPAN: span,
          IN_BLOCK: inBlock,
          IN_BLOCKS: inBlocks,
          OUT_VECTORS: outVectors,
          OUT_BLOCKS: outBlocks,
          TAP_ROWS: tapRows,
          SLICES: slices,
          SLICES_A_CALL: Math.ceil(slices / CALLS),
          VALUE_VECTORS: inputVectors(g, pixels, inBlock, lanes),
          SHIFT: inputLoads(g, pixels, inBlock, lanes),
          WINDOW_HEIGHT: g.windowHeight,
          WORKGROUPS: items,
          WHOLE_VECTORS: constants.OUT_CHANNELS % (outVectors * lanes) === 0,
          WHOLE_ROWS: g.outputWidth % pixels === 0,
        },
        [...FILTER_GRADIENT_SIZES, 'WINDOW_HEIGHT', 'IN_BLOCKS', 'OUT_BLOCKS', 'WORKGROUPS'],
      ),
      FILTER_GRADIENT_BINDINGS,
      spread.workgroups,
    );
  },
};
