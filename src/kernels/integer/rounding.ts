import type { Constants } from '../../gpu/composer.ts';

/** How often an integer times a factor is rounded: see src/quantize/fixed-point.ts. */
export type KernelRounding = 'once' | 'twice';

/** What `//#import multiplied` stands for. */
export function roundingConstants(rounding: KernelRounding): Constants {
  return { multiplied: { piece: `multiplied-${rounding}` } };
}
