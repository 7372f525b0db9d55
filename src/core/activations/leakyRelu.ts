import type { ActivationDefinition } from './definition.ts';

/** y = x where positive, else slope x. */
export const leakyRelu = {
  derivativeFrom: 'output',
  monotone: true,
  transcendental: false,
  saturates: false,
  derivativeIsStep: false,
  options: {
    // The derivative is found from the output, whose sign tells the input's as long as the slope is not negative.
    slope: { default: 0.01, allows: (slope: number) => slope >= 0, expected: 'a finite number of at least 0' },
  },
} as const satisfies ActivationDefinition;
