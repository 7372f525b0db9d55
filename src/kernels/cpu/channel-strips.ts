import type { WindowGeometry } from '../../core/geometry.ts';
import type { Capabilities } from '../../gpu/gpu.ts';

/** Strips of columns that the lanes of a subgroup walk down, one a channel: how convolutions of few channels lie on a software driver. */

/** Columns of a strip at most. */
const WIDEST = 7;
/** Multiply-adds of a turn's text, and of one call in it, which the driver must unroll. */
export const MOST_MULTIPLY_ADDS = 1120;
export const LONGEST_UNROLLED = 280;
/** Workgroups that there should be, where a strip takes several images. */
export const ENOUGH = 16;
export const MOST_IMAGES = 4;

export interface StripShape {
  readonly geometry: WindowGeometry;
  readonly groups: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
}

/** Whether the lanes of a subgroup can be the channels, and the strips go on from column to column. */
export function suitsStrips({ geometry: g, groups, inputChannels, outputChannels }: StripShape, adapter: Capabilities): boolean {
  const { kind, subgroupSize } = adapter;
  return (
    kind === 'cpu' &&
    subgroupSize >= 8 &&
    subgroupSize <= 16 &&
    groups === 1 &&
    [g.strideHeight, g.strideWidth, g.dilationHeight, g.dilationWidth].every((step) => step === 1) &&
    Math.max(inputChannels, outputChannels) <= subgroupSize
  );
}

/** Columns of a strip, and strips side by side. */
export function tilesOf(width: number): { readonly tile: number; readonly tiles: number } {
  const tiles = Math.ceil(width / WIDEST);
  return { tile: Math.ceil(width / tiles), tiles };
}

/** Lanes of a strip, and strips of a subgroup; of any shape, also one that does not suit. */
export function lanesOf({ inputChannels, outputChannels }: Pick<StripShape, 'inputChannels' | 'outputChannels'>, lanes: number) {
  const stripLanes = 2 ** Math.ceil(Math.log2(Math.max(inputChannels, outputChannels)));
  return { stripLanes, together: Math.max(1, Math.floor(lanes / stripLanes)) };
}
