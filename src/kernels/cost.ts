// What kernels cost, as choices between them need it.

/**
 * Multiply-adds of two kernels, for one replica, up to which they run side by side in one dispatch: together about two milliseconds on two
 * cores. A dispatch of its own costs each about 20 microseconds there, and few workgroups leave cores idle at its end; larger ones gain
 * nothing, and would compile one after the other.
 */
const MOST_BESIDE = 2e7;

export function runsBeside(first: number, second: number): boolean {
  return first + second <= MOST_BESIDE;
}
