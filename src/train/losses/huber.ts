import type { LossDefinition } from './definition.ts';

/** The mean over all elements of Huber's loss (1964): with e = output - target, e^2 / 2 up to |e| = delta, and delta (|e| - delta / 2) beyond. */
export const huber = {
  goal: 'targets',
  options: { delta: { default: 1, allows: (n: number) => n > 0, expected: 'positive' } },
} as const satisfies LossDefinition;
