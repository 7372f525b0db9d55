import memory from '../../../shaders/conv2d-filter-gradient/combine-memory.wgsl';
import shuffles from '../../../shaders/conv2d-filter-gradient/combine-shuffles.wgsl';
import shader from '../../../shaders/conv2d-filter-gradient/strips.wgsl';
import type { WindowGeometry } from '../../core/geometry.ts';
import type { Capabilities } from '../../gpu/gpu.ts';
import type { Kernel } from '../../gpu/kernel.ts';
import type { Variant } from '../family.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { foldConstants } from '../long-sum.ts';
import {
  FILTER_GRADIENT_BINDINGS,
  type FilterGradientProblem,
  filterGradientConstants,
  filterGradientSplits,
  termsOfSplit,
} from './problem.ts';

/** How the work is cut; see shaders/conv2d-filter-gradient/strips.wgsl. */
interface Strips {
  readonly tapRows: number;
  readonly inBlock: number;
  readonly outBlock: number;
  readonly tile: number;
  readonly lanes: number;
  readonly unitLanes: number;
  readonly tileLanes: number;
}

/** What a turn sees of the input: `held` rows of `span` pixels, `fresh` of the rows for the first time. */
function seen(g: WindowGeometry, tapRows: number, tile: number) {
  const held = (tapRows - 1) * g.dilationHeight + 1;
  const fresh = Math.min(g.strideHeight, held);
  const warmUp = Math.ceil((held - fresh) / g.strideHeight);
  return { held, fresh, warmUp, span: (tile - 1) * g.strideWidth + (g.windowWidth - 1) * g.dilationWidth + 1 };
}

function unitsOf(
  { geometry: g, groups, inputChannels, outputChannels }: FilterGradientProblem,
  { tapRows, inBlock, outBlock }: Strips,
) {
  const outBlocks = Math.ceil(outputChannels / groups / outBlock);
  const inBlocks = Math.ceil(inputChannels / groups / inBlock);
  return { outBlocks, inBlocks, units: Math.ceil(g.windowHeight / tapRows) * inBlocks * groups * outBlocks };
}

/** Instructions of a split, in units of one multiply-add, or Infinity for what no driver makes well. Measured on lavapipe; see bench/README.md. */
function costOf(problem: FilterGradientProblem, strips: Strips): number {
  const { geometry: g } = problem;
  const { tapRows, inBlock, outBlock, tile, lanes, unitLanes, tileLanes } = strips;
  const { held, fresh, warmUp, span } = seen(g, tapRows, tile);
  const sums = tapRows * g.windowWidth * inBlock * outBlock;
  const loads = fresh * span * inBlock + tile * outBlock;
  const values = held * span * inBlock;
  const aCall = (sums / tapRows) * tile;
  const code = sums * tile * MULTIPLY_ADD_BYTES + loads * LOAD_BYTES;
  if (sums > MOST_SUMS || loads > MOST_LOADS || values > MOST_VALUES || aCall > LONGEST_UNROLLED || code > MOST_BYTES)
    return Infinity;
  const { perSplit } = filterGradientSplits(problem.batch, g);
  const parts = lanes / unitLanes / tileLanes;
  const rows = Math.ceil(perSplit / parts);
  // Lanes in different rows of images come to the ends of images at different times.
  const images = Math.min(parts, 2) + rows / g.outputHeight;
  const turn = sums * (tile + SUM) + loads * LOAD * (1 + loads / CROWDED) + values + TURN;
  const rounds = Math.ceil(unitsOf(problem, strips).units / unitLanes) * Math.ceil(Math.ceil(g.outputWidth / tile) / tileLanes);
  return rounds * (rows + images * warmUp) * turn;
}

const MOST_SUMS = 256;
const MOST_LOADS = 20;
const MOST_VALUES = 256;
/** What the driver unrolls (Mesa: 832 instructions, with some reserve). */
const LONGEST_UNROLLED = 350;
/** A turn must stay within a core's instruction cache of 32 KiB. */
const MOST_BYTES = 24_000;
const MULTIPLY_ADD_BYTES = 20;
const LOAD_BYTES = 700;
/** Costs in units of one multiply-add: a load, twice as much where CROWDED others are in the turn; a sum that is fetched and put back; a turn in itself. */
const LOAD = 50;
const CROWDED = 24;
const SUM = 1.5;
const TURN = 200;
/** Rows of taps that the shader has calls for. */
const MOST_TAP_ROWS = 9;
const MOST_BLOCK = 8;

function* upTo(most: number) {
  for (let n = 1; n <= most; n++) yield n;
}

/** The powers of two up to `most`, which is at least 1, the largest first. */
function* powersDownFrom(most: number) {
  for (let n = 2 ** Math.floor(Math.log2(most)); n >= 1; n /= 2) yield n;
}

/** The cheapest way for a software driver, whose subgroup is a vector register. */
function onLanes(problem: FilterGradientProblem, lanes: number): Strips {
  const { geometry: g, groups } = problem;
  let best: Strips = { tapRows: 1, inBlock: 1, outBlock: 1, tile: 1, lanes, unitLanes: 1, tileLanes: 1 };
  let least = Infinity;
  for (const inBlock of upTo(Math.min(MOST_BLOCK, problem.inputChannels / groups)))
    for (const outBlock of upTo(Math.min(MOST_BLOCK, problem.outputChannels / groups)))
      for (const tapRows of upTo(Math.min(MOST_TAP_ROWS, g.windowHeight)))
        for (const tile of upTo(Math.min(8, g.outputWidth)))
          for (const unitLanes of powersDownFrom(lanes))
            for (const tileLanes of powersDownFrom(lanes / unitLanes)) {
              const strips = { tapRows, inBlock, outBlock, tile, lanes, unitLanes, tileLanes };
              const cost = costOf(problem, strips);
              if (cost < least) {
                least = cost;
                best = strips;
              }
            }
  return best;
}

/** For a GPU: neighbouring lanes along channels, and as many sections as its workgroups have room for. */
function onThreads(problem: FilterGradientProblem, { maxInvocations }: Capabilities): Strips {
  const { geometry: g, groups } = problem;
  const tapRows = Math.min(g.windowHeight, Math.max(1, Math.floor(25 / g.windowWidth)), MOST_TAP_ROWS);
  const block = Math.max(1, Math.floor(64 / (tapRows * g.windowWidth)));
  const outBlock = Math.min(block, problem.outputChannels / groups, MOST_BLOCK);
  const inBlock = Math.min(Math.max(1, Math.floor(block / outBlock)), problem.inputChannels / groups);
  const tile = Math.max(1, Math.min(4, g.outputWidth, Math.floor(12 / outBlock)));
  const shape = { tapRows, inBlock, outBlock, tile, lanes: 1, unitLanes: 1, tileLanes: 1 };
  const [unitLanes = 1] = powersDownFrom(Math.min(32, unitsOf(problem, shape).units));
  const [sections = 1] = powersDownFrom(Math.min(64, Math.min(256, maxInvocations) / unitLanes));
  const [tileLanes = 1] = powersDownFrom(Math.min(sections, Math.ceil(g.outputWidth / tile)));
  return { ...shape, lanes: unitLanes * sections, unitLanes, tileLanes };
}

function supports({ geometry: g, groups, inputChannels, outputChannels }: FilterGradientProblem): boolean {
  const few = outputChannels / groups <= 32 && (inputChannels / groups) * (outputChannels / groups) <= 256;
  const { held, span } = seen(g, 1, 1);
  return few && held * span <= MOST_VALUES;
}

function build(
  name: string,
  combine: string,
  problem: FilterGradientProblem,
  strips: Strips,
  capabilities: Capabilities,
): Kernel {
  const constants = filterGradientConstants(problem);
  const { geometry: g } = problem;
  const { tapRows, inBlock, outBlock, tile, lanes, unitLanes, tileLanes } = strips;
  const { held, fresh, warmUp, span } = seen(g, tapRows, tile);
  const { outBlocks, inBlocks, units } = unitsOf(problem, strips);
  const sections = lanes / unitLanes;
  const spread = grid('a filter gradient', units, unitLanes, problem.replicas * constants.SPLITS, capabilities);
  return kernel(
    `conv2d-filter-gradient/${name}`,
    `${combine}\n${shader}`,
    {
      ...constants,
      GRID_X: spread.workgroups[0],
      ...foldConstants(termsOfSplit(problem) / sections, tile),
      WINDOW_HEIGHT: g.windowHeight,
      TAP_ROWS: tapRows,
      IN_BLOCK: inBlock,
      IN_BLOCKS: inBlocks,
      OUT_BLOCK: outBlock,
      OUT_BLOCKS: outBlocks,
      UNITS: units,
      TILE: tile,
      TILES: Math.ceil(g.outputWidth / tile),
      SPAN: span,
      HELD: held,
      FRESH: fresh,
      WARM_UP: { i32: warmUp },
      LANES: lanes,
      UNIT_LANES: unitLanes,
      TILE_LANES: tileLanes,
      TOTALS: Math.min(sections, MOST_TOTALS),
      ROWS_PER_SECTION: Math.ceil(constants.ROWS_PER_SPLIT / (sections / tileLanes)),
      FILTER_SUMS: tapRows * g.windowWidth * inBlock * outBlock,
    },
    FILTER_GRADIENT_BINDINGS,
    spread.workgroups,
  );
}

/** Sums that a workgroup adds over its lanes at a time. */
const MOST_TOTALS = 8;

/** For GPUs; runs everywhere. */
export const stripsVariant: Variant<FilterGradientProblem> = {
  name: 'strips',
  supports,
  build: (problem, capabilities) => build('strips', memory, problem, onThreads(problem, capabilities), capabilities),
};

/** For software drivers. */
export const stripsSubgroupVariant: Variant<FilterGradientProblem> = {
  name: 'strips-subgroup',
  supports: (problem, { kind, subgroupSize }) => kind === 'cpu' && [4, 8, 16].includes(subgroupSize) && supports(problem),
  build: (problem, capabilities) =>
    build('strips-subgroup', shuffles, problem, onLanes(problem, capabilities.subgroupSize), capabilities),
};
