import type { Random } from '../../../core/random.ts';
import { oneOf } from '../sample.ts';
import type { Range, Space } from '../space.ts';
import type { Inside } from './edits.ts';

/** Widths are multiplied by one of these, and changed by 1 at the least. */
const FACTORS = [0.5, 0.67, 0.8, 0.9, 1.1, 1.25, 1.5, 2];

export function drawFactor(random: Random): number {
  return oneOf(FACTORS, random);
}

/** Another width within ranges, or no further from them than it was. */
export function scaled(value: number, ranges: readonly Range[], random: Random): number {
  return scaledBy(value, drawFactor(random), ranges);
}

export function scaledBy(value: number, factor: number, ranges: readonly Range[]): number {
  const rounded = Math.round(value * factor);
  const moved = rounded === value ? value + (factor < 1 ? -1 : 1) : rounded;
  const least = Math.min(value, ...ranges.map(([low]) => low));
  const most = Math.max(value, ...ranges.map(([, high]) => high));
  return Math.max(least, Math.min(most, moved));
}

/** How many filters a space names for a convolution: a branch is what a condense block expands to. */
export function filterRanges({ blocks }: Space, inside: Inside): Range[] {
  return blocks.flatMap((block) => {
    if (block.type === 'condense') return [inside === 'branch' ? block.expanded : block.squeezed];
    return 'filters' in block && inside !== 'branch' ? [block.filters] : [];
  });
}

/** How many units a space names for a hidden layer. */
export function unitRanges({ blocks, heads }: Space, inside: Inside): Range[] {
  if (inside === 'gate') return blocks.flatMap((block) => (block.type === 'gate' ? [block.squeezed] : []));
  return heads.flatMap((head) => ('units' in head && head.units ? [head.units] : []));
}

export function half(width: number): number {
  return Math.floor(width / 2);
}
