import shuffles from '../../../../shaders/conv2d-filter-gradient/combine-shuffles.wgsl';
import type { Variant } from '../../family.ts';
import { type FilterGradientProblem, filterGradientSplits } from '../problem.ts';
import {
  buildStrips,
  MOST_BLOCK,
  MOST_TAP_ROWS,
  MOST_VALUES,
  powersDownFrom,
  type Strips,
  seen,
  stripsServe,
  unitsOf,
} from '../strips.ts';

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

function* upTo(most: number) {
  for (let n = 1; n <= most; n++) yield n;
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

/** For software drivers. */
export const stripsSubgroupVariant: Variant<FilterGradientProblem> = {
  name: 'strips-subgroup',
  supports: (problem, { kind, subgroupSize }) => kind === 'cpu' && [4, 8, 16].includes(subgroupSize) && stripsServe(problem),
  build: (problem, capabilities) =>
    buildStrips('strips-subgroup', shuffles, problem, onLanes(problem, capabilities.subgroupSize), capabilities),
};
