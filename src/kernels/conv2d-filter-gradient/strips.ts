import shader from '../../../shaders/conv2d-filter-gradient/strips.wgsl';
import type { WindowGeometry } from '../../core/geometry.ts';
import type { Capabilities } from '../../gpu/gpu.ts';
import type { Kernel } from '../../gpu/kernel.ts';
import { given } from '../given.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { foldConstants } from '../long-sum.ts';
import {
  FILTER_GRADIENT_BINDINGS,
  FILTER_GRADIENT_SIZES,
  type FilterGradientProblem,
  filterGradientConstants,
  termsOfSplit,
} from './problem.ts';

/** How the work is cut; see shaders/conv2d-filter-gradient/strips.wgsl. */
export interface Strips {
  readonly tapRows: number;
  readonly inBlock: number;
  readonly outBlock: number;
  readonly tile: number;
  readonly lanes: number;
  readonly unitLanes: number;
  readonly tileLanes: number;
}

/** What a turn sees of the input: `held` rows of `span` pixels, `fresh` of the rows for the first time. */
export function seen(g: WindowGeometry, tapRows: number, tile: number) {
  const held = (tapRows - 1) * g.dilationHeight + 1;
  const fresh = Math.min(g.strideHeight, held);
  const warmUp = Math.ceil((held - fresh) / g.strideHeight);
  return { held, fresh, warmUp, span: (tile - 1) * g.strideWidth + (g.windowWidth - 1) * g.dilationWidth + 1 };
}

export function unitsOf(
  { geometry: g, groups, inputChannels, outputChannels }: FilterGradientProblem,
  { tapRows, inBlock, outBlock }: Strips,
) {
  const outBlocks = Math.ceil(outputChannels / groups / outBlock);
  const inBlocks = Math.ceil(inputChannels / groups / inBlock);
  return { outBlocks, inBlocks, units: Math.ceil(g.windowHeight / tapRows) * inBlocks * groups * outBlocks };
}

/** Values that a lane may hold, rows of taps that the shader has calls for, and channels of a block at most. */
export const MOST_VALUES = 256;
export const MOST_TAP_ROWS = 9;
export const MOST_BLOCK = 8;

/** The powers of two up to `most`, which is at least 1, the largest first. */
export function* powersDownFrom(most: number) {
  for (let n = 2 ** Math.floor(Math.log2(most)); n >= 1; n /= 2) yield n;
}

/** Whether strips suit a problem: few channels a group, and rows that registers hold. */
export function stripsServe({ geometry: g, groups, inputChannels, outputChannels }: FilterGradientProblem): boolean {
  const few = outputChannels / groups <= 32 && (inputChannels / groups) * (outputChannels / groups) <= 256;
  const { held, span } = seen(g, 1, 1);
  return few && held * span <= MOST_VALUES;
}

/** `combine`: the shader's piece that adds up the lanes. */
export function buildStrips(
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
  const all = {
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
    WHOLE_ROWS: g.outputWidth % tile === 0,
  };
  return kernel(
    `conv2d-filter-gradient/${name}`,
    `${combine}\n${shader}`,
    capabilities.kind === 'cpu' ? given(all, SIZES) : all,
    FILTER_GRADIENT_BINDINGS,
    spread.workgroups,
  );
}

const SIZES = [
  ...FILTER_GRADIENT_SIZES,
  ...['GROUPS', 'WINDOW_HEIGHT', 'IN_BLOCKS', 'OUT_BLOCKS', 'UNITS', 'TILES', 'ROWS_PER_SECTION'],
];

/** Sums that a workgroup adds over its lanes at a time. */
const MOST_TOTALS = 8;
