import type { Capabilities } from '../../gpu/gpu.ts';
import { type Grid, grid } from '../grid.ts';
import type { View } from '../view.ts';

// Element-by-element kernels on software drivers, whose invocations keep what belongs to their channel and walk down the rows.

/** Lanes of a workgroup, about; an even share of them is a row. */
const LANES = 64;
/** Rows of an invocation at most, where starting it costs as much as twenty loads, and workgroups that there should be. */
const LONGEST = 64;
const ENOUGH = 8;

/** Rows of a workgroup at a time: as many of `block` lanes as fit, with the least lanes of the last subgroup idle. */
function rowLanes(block: number): number {
  const idle = (rows: number) => (Math.ceil((rows * block) / 8) * 8) / (rows * block);
  let best = 1;
  for (let rows = 2; rows * block <= LANES; rows++) if (idle(rows) <= idle(best)) best = rows;
  return best;
}

/**
 * Spreads `rows` of `width` items over workgroups: one makes BLOCK items of CHUNK rows, ROW_LANES rows at a time. Item and row are
 * part % BLOCKS * BLOCK + local % BLOCK and part / BLOCKS * CHUNK + local / BLOCK + turn * ROW_LANES, part = y * GRID_X + x.
 */
export function rowGrid(what: string, rows: number, width: number, layers: number, capabilities: Capabilities): Grid {
  const blocks = Math.ceil(width / LANES);
  const block = Math.ceil(width / blocks);
  const lanes = rowLanes(block);
  const turns = Math.ceil((rows * blocks * layers) / (lanes * ENOUGH));
  const chunk = lanes * Math.max(1, Math.min(LONGEST, turns));
  const spread = grid(what, blocks * Math.ceil(rows / chunk), 1, layers, capabilities);
  const workgroup = Math.ceil((block * lanes) / 8) * 8;
  return {
    workgroups: spread.workgroups,
    constants: { ...spread.constants, WORKGROUP: workgroup, BLOCK: block, BLOCKS: blocks, ROW_LANES: lanes, CHUNK: chunk },
  };
}

/**
 * The channels of the rows to walk down four elements at a time: the views' own, where these are multiples of 4, or those of as many
 * rows in one as make a multiple of 4, where no view has gaps. Undefined where neither is so.
 */
export function widthInFours(views: readonly (View | undefined)[]): number | undefined {
  const present = views.filter((view) => view !== undefined);
  const aligned = present.every(({ offset, replicaStride }) => offset % 4 === 0 && replicaStride % 4 === 0);
  const [{ rows, channels } = { rows: 0, channels: 0 }] = present;
  if (!aligned) return undefined;
  if (channels % 4 === 0) return present.every(({ rowStride }) => rowStride % 4 === 0) ? channels : undefined;
  if ((rows * channels) % 4 !== 0) return undefined;
  return present.every(({ rowStride }) => rowStride === channels) ? channels * (channels % 2 === 0 ? 2 : 4) : undefined;
}

/** The same elements in rows of `channels`; only where widthInFours gave that number. */
export function inRowsOf(channels: number, view: View | undefined): View | undefined {
  if (!view || view.channels === channels) return view;
  return { ...view, rows: (view.rows * view.channels) / channels, channels, rowStride: channels };
}
