import type { Capabilities } from '../gpu/gpu.ts';
import { type Grid, grid } from './grid.ts';
import type { View } from './view.ts';

/** Whether an operand can be read and written as vec4: channels, offset and strides are multiples of 4. An absent one can. */
export function inFours(view: View | undefined): boolean {
  return !view || [view.channels, view.offset, view.rowStride, view.replicaStride].every((elements) => elements % 4 === 0);
}

const WORKGROUP = 64;
/** Items of an invocation on the CPU, where starting a subgroup costs as much as several loads, and workgroups that there should be. */
const LONGEST = 16;
const ENOUGH = 16;

/** Spreads light `items` over workgroups that each make CHUNK of them in a row; on a GPU each invocation makes one. */
export function chunkedGrid(what: string, items: number, layers: number, capabilities: Capabilities): Grid {
  const wanted = Math.ceil((items * layers) / (WORKGROUP * ENOUGH));
  const chunk = WORKGROUP * (capabilities.kind === 'cpu' ? Math.max(1, Math.min(LONGEST, wanted)) : 1);
  const { workgroups, constants } = grid(what, items, chunk, layers, capabilities);
  return { workgroups, constants: { ...constants, WORKGROUP, CHUNK: chunk } };
}
