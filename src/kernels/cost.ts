import type { Capabilities } from '../gpu/gpu.ts';

// What kernels cost, as choices between them need it.

/**
 * Multiply-adds of two kernels, for one replica, up to which they run side by side in one dispatch: together about two milliseconds on two
 * cores. A dispatch of its own costs each about 20 microseconds there, and few workgroups leave cores idle at its end; larger ones gain
 * nothing, and would compile one after the other.
 */
const MOST_BESIDE = 2e7;

/** Whether two kernels of so many multiply-adds share a dispatch: on software drivers; on a GPU that is not measured. */
export function runsBeside(first: number, second: number, { kind }: Capabilities): boolean {
  return kind === 'cpu' && first + second <= MOST_BESIDE;
}
