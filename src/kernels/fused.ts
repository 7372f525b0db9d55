import type { Capabilities } from '../gpu/gpu.ts';
import type { Kernel } from '../gpu/kernel.ts';
import type { Variant } from './family.ts';

/** The choice to leave the work of a fused family to the families that do its parts. */
export const APART = 'apart';

/** Kernels that do in one dispatch what several other families could do one after the other. No variant need support a problem. */
export interface FusedFamily<Problem> {
  readonly name: string;
  readonly variants: readonly Variant<Problem>[];
  /** The variant that is best for a problem on an adapter, or APART. */
  prefer(problem: Problem, capabilities: Capabilities): string;
}

/** Builds the kernel of a problem with the wanted variant, if it can serve, or else the preferred one; none where that is APART. */
export function buildFused<Problem>(
  family: FusedFamily<Problem>,
  problem: Problem,
  capabilities: Capabilities,
  wanted: string | undefined,
): { kernel: Kernel | undefined; variant: string } {
  if (wanted === APART) return { kernel: undefined, variant: APART };
  const named = (name: string | undefined) =>
    family.variants.find((variant) => variant.name === name && variant.supports(problem, capabilities));
  const variant = named(wanted) ?? named(family.prefer(problem, capabilities));
  return { kernel: variant?.build(problem, capabilities), variant: variant?.name ?? APART };
}
