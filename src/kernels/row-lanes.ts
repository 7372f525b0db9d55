import type { Capabilities } from '../gpu/gpu.ts';
import { type Grid, grid } from './grid.ts';

/** Elements of a row from which on a GPU's workgroup shares them out: one lane would walk through them alone. */
const LONG = 256;

/** How invocations share out rows: `lanes` of a workgroup of `workgroup` have one together. */
export interface RowLanes {
  readonly lanes: number;
  readonly workgroup: number;
  readonly madeFor?: Capabilities['kind'];
}

/** An invocation a row. */
export const ALONE: RowLanes = { lanes: 1, workgroup: 32 };
/** A workgroup a row. */
export const TOGETHER: RowLanes = { lanes: 64, workgroup: 64, madeFor: 'gpu' };

/** The variant for rows of `length` elements: 'rows' or 'lanes'. */
export const preferredRowLanes = (length: number, { kind }: Capabilities): string =>
  kind === 'gpu' && length >= LONG ? 'lanes' : 'rows';

/** `grid` of rows, with LANES and the piece that puts together what lanes have. Throws as `grid`. */
export function rowLanesGrid(
  what: string,
  rows: number,
  { lanes, workgroup }: RowLanes,
  replicas: number,
  capabilities: Capabilities,
): Grid {
  const { workgroups, constants } = grid(what, rows * lanes, workgroup, replicas, capabilities);
  return { workgroups, constants: { ...constants, LANES: lanes, lanes: { piece: lanes > 1 ? 'row-lanes' : 'no-row-lanes' } } };
}
