import type { Random } from '../../../core/random.ts';
import { oneOf } from '../sample.ts';
import type { Range } from '../space.ts';

/** Widths are multiplied by one of these, and changed by 1 at the least. */
const FACTORS = [0.5, 0.67, 0.8, 0.9, 1.1, 1.25, 1.5, 2];

/** Another width within ranges, or no further from them than it was. */
export function scaled(value: number, ranges: readonly Range[], random: Random): number {
  const factor = oneOf(FACTORS, random);
  const rounded = Math.round(value * factor);
  const moved = rounded === value ? value + (factor < 1 ? -1 : 1) : rounded;
  const least = Math.min(value, ...ranges.map(([low]) => low));
  const most = Math.max(value, ...ranges.map(([, high]) => high));
  return Math.max(least, Math.min(most, moved));
}

export function half(width: number): number {
  return Math.floor(width / 2);
}
