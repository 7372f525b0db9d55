import type { Costs } from './costs.ts';

/** How long a training takes, to compare by: arithmetic, and for each byte of activations about as long as for some of it. */
export function effort({ macs, activations }: Costs): number {
  return 1 + macs + 5 * activations;
}
