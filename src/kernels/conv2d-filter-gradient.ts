import direct from '../../shaders/conv2d-filter-gradient/direct.wgsl';
import subgroup from '../../shaders/conv2d-filter-gradient/subgroup.wgsl';
import type { WindowGeometry } from '../core/geometry.ts';
import { type Family, splitSum, type Variant, workgroupSize } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { type View, viewConstants } from './view.ts';

/** A convolution's gradient with respect to filter and bias, as `splits` partial sums. Bindings: x, dy, filter, bias. */
export interface FilterGradientProblem {
  readonly replicas: number;
  readonly batch: number;
  readonly geometry: WindowGeometry;
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly groups: number;
  readonly bias: boolean;
  readonly x: View;
  readonly dy: View;
  /** Elements of one partial result of the filter and of the bias. */
  readonly filterLength: number;
  readonly biasLength: number;
}

/** Into how many partial sums the rows of the images are cut: a choice by shape alone, the same for every variant. */
export function filterGradientSplits(batch: number, geometry: WindowGeometry): { splits: number; perSplit: number } {
  return splitSum(batch * geometry.outputHeight, Math.max(8, Math.ceil(2048 / geometry.outputWidth)), 16);
}

export function filterGradientConstants(problem: FilterGradientProblem) {
  const { geometry: g, groups } = problem;
  const { splits, perSplit } = filterGradientSplits(problem.batch, g);
  return {
    ...viewConstants('X', problem.x),
    ...viewConstants('DY', problem.dy),
    BIAS: problem.bias,
    GROUPS: groups,
    IN_CHANNELS: problem.inputChannels / groups,
    OUT_CHANNELS: problem.outputChannels / groups,
    IN_HEIGHT: g.inputHeight,
    IN_WIDTH: g.inputWidth,
    OUT_HEIGHT: g.outputHeight,
    OUT_WIDTH: g.outputWidth,
    WINDOW_WIDTH: g.windowWidth,
    STRIDE_HEIGHT: g.strideHeight,
    STRIDE_WIDTH: g.strideWidth,
    DILATION_HEIGHT: g.dilationHeight,
    DILATION_WIDTH: g.dilationWidth,
    TOP: g.top,
    LEFT: g.left,
    ROWS: problem.batch * g.outputHeight,
    ROWS_PER_SPLIT: perSplit,
    SPLITS: splits,
    FILTER_LENGTH: problem.filterLength,
    BIAS_LENGTH: problem.biasLength,
  };
}

export const FILTER_GRADIENT_BINDINGS = ['read', 'read', 'write', 'write'] as const;

const directVariant: Variant<FilterGradientProblem> = {
  name: 'direct',
  supports: () => true,
  build(problem, capabilities) {
    const constants = filterGradientConstants(problem);
    const { windowHeight, windowWidth } = problem.geometry;
    const block = Math.min(constants.OUT_CHANNELS, 4);
    const blocks = Math.ceil(constants.OUT_CHANNELS / block);
    const taps = Math.min(windowWidth, 5);
    const chunks = Math.ceil(windowWidth / taps);
    const items = blocks * constants.IN_CHANNELS * chunks * windowHeight;
    const layers = problem.replicas * constants.SPLITS * problem.groups;
    const spread = grid(
      'a filter gradient',
      items + (problem.bias ? blocks : 0),
      workgroupSize(capabilities),
      layers,
      capabilities,
    );
    return kernel(
      'conv2d-filter-gradient/direct',
      direct,
      { ...constants, ...spread.constants, BLOCK: block, BLOCKS: blocks, TAPS: taps, TAP_CHUNKS: chunks, ITEMS: items },
      FILTER_GRADIENT_BINDINGS,
      spread.workgroups,
    );
  },
};

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
    for (let inBlock = 1; inBlock <= Math.min(16, inChannels); inBlock++)
      for (let outVectors = 1; outVectors <= Math.min(4, vectors); outVectors++)
        for (let tapRows = 1; tapRows <= g.windowHeight; tapRows++) {
          const slices = inBlock * tapRows;
          const sums = slices * g.windowWidth * outVectors;
          const span = filterGradientSpan(g, pixels);
          const loads = pixels * outVectors + tapRows * inputLoads(g, pixels, inBlock, lanes);
          const unrolled = Math.ceil(slices / CALLS) * (g.windowWidth * outVectors * (pixels + 2) + span);
          const bytes = sums * pixels * MULTIPLY_ADD_BYTES + loads * LOAD_BYTES;
          if (slices * outVectors * pixels > 1 && (sums > MOST_SUMS || bytes > MOST_BYTES || unrolled > LONGEST_UNROLLED))
            continue;
          const blocks = Math.ceil(vectors / outVectors) * Math.ceil(inChannels / inBlock) * Math.ceil(g.windowHeight / tapRows);
          const turn = sums * pixels + sums * SUM + loads * LOAD + slices * span * SHUFFLE;
          const cost = blocks * Math.ceil(g.outputWidth / pixels) * turn;
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
/** What the driver unrolls (Mesa: 832 instructions, with some reserve). */
const LONGEST_UNROLLED = 600;
/** A turn must stay within a core's instruction cache of 32 KiB, in which the rest of the kernel has a place too. */
const MOST_BYTES = 24_000;
const MULTIPLY_ADD_BYTES = 20;
const LOAD_BYTES = 700;
/** Costs in units of one multiply-add: a sum that is fetched and put back, a load, a shuffle. */
const SUM = 1.5;
const LOAD = 50;
const SHUFFLE = 3;

const subgroupVariant: Variant<FilterGradientProblem> = {
  name: 'subgroup',
  supports(_, capabilities) {
    return capabilities.kind === 'cpu' && capabilities.subgroupSize > 1 && capabilities.subgroupSize <= 16;
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
      subgroup,
      {
        ...constants,
        ...spread.constants,
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
      },
      FILTER_GRADIENT_BINDINGS,
      spread.workgroups,
    );
  },
};

export const filterGradientFamily: Family<FilterGradientProblem> = {
  name: 'conv2d-filter-gradient',
  variants: [directVariant, subgroupVariant],
  prefer: (problem, capabilities) => (subgroupVariant.supports(problem, capabilities) ? 'subgroup' : 'direct'),
};
