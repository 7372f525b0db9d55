import type { Capabilities } from '../gpu/gpu.ts';
import type { Variant } from './family.ts';

/** The choice to leave the work of a fused family to the families that do its parts. */
export const APART = 'apart';

/** Kernels that do in one dispatch what several other families could do one after the other. No variant need support a problem. */
export interface FusedFamily<Problem> {
  readonly name: string;
  /** As a family's. */
  readonly pending?: (() => Promise<void>) | undefined;
  readonly variants: readonly Variant<Problem>[];
  /** The variant that is best for a problem on an adapter, or APART. */
  prefer(problem: Problem, capabilities: Capabilities): string;
}

/** The variant of a problem that is wanted, if it can serve, or else the preferred one; none where that is APART. */
export function chooseFused<Problem>(
  family: FusedFamily<Problem>,
  problem: Problem,
  capabilities: Capabilities,
  wanted: string | undefined,
): Variant<Problem> | undefined {
  if (wanted === APART) return undefined;
  const named = (name: string | undefined) =>
    family.variants.find((variant) => variant.name === name && variant.supports(problem, capabilities));
  return named(wanted) ?? named(family.prefer(problem, capabilities));
}
