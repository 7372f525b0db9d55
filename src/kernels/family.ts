import { LimitError } from '../core/errors.ts';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Kernel } from '../gpu/kernel.ts';

/** One way to compute what a family computes. */
export interface Variant<Problem> {
  readonly name: string;
  /** The kind of adapter that it was made for [any]. On others it is right, but slow to compile and run: the tuner leaves it out. */
  readonly madeFor?: Capabilities['kind'];
  /** Whether this adapter and this problem suit the variant at all. */
  supports(problem: Problem, capabilities: Capabilities): boolean;
  build(problem: Problem, capabilities: Capabilities): Kernel;
}

/** All the ways to compute one thing. The first variant supports every problem on every adapter. */
export interface Family<Problem> {
  readonly name: string;
  /** Loads the family, which is to be done before anything else is asked of it [it is there]. */
  readonly pending?: (() => Promise<void>) | undefined;
  readonly variants: readonly Variant<Problem>[];
  /** The variant that is best for a problem on an adapter, among those that support it. */
  prefer(problem: Problem, capabilities: Capabilities): string;
}

/**
 * Variants wanted by name instead of the preferred ones, by family: one for all of a plan's kernels, or one each, in the order in
 * which they are lowered (a restored checkpoint's). Where the wanted one can't serve a problem, the preferred one does.
 */
export type VariantChoice = Readonly<Record<string, string | readonly string[]>>;

/** Builds the kernel of a problem with the wanted variant, if it can serve, or else the preferred one. */
export function buildKernel<Problem>(
  family: Family<Problem>,
  problem: Problem,
  capabilities: Capabilities,
  wanted: string | undefined,
): { kernel: Kernel; variant: string } {
  const usable = family.variants.filter((variant) => variant.supports(problem, capabilities));
  const named = (name: string | undefined) => usable.find((variant) => variant.name === name);
  const variant = named(wanted) ?? named(family.prefer(problem, capabilities)) ?? usable[0];
  if (!variant) throw new Error(`No variant of ${family.name} supports this problem: its first variant must support all`);
  return { kernel: variant.build(problem, capabilities), variant: variant.name };
}

/** A choice that was made among the variants of a family: what the tuner weighs anew. */
export interface Decision {
  readonly family: string;
  readonly variant: string;
  /** Family and problem as text, for one replica: a replica must get the kernels that it would get alone. */
  readonly key: string;
  /** One replica's problem, as the family of that name has it. */
  readonly problem: object;
  /** The kernels of the variants worth measuring for one replica of the problem on this adapter, the chosen one's too. */
  candidates(): { readonly variant: string; readonly kernel: Kernel }[];
}

export function decisionOf<Problem extends object>(
  family: Family<Problem>,
  problem: Problem,
  capabilities: Capabilities,
  variant: string,
): Decision {
  const single = { ...problem, replicas: 1 };
  return {
    family: family.name,
    variant,
    key: `${family.name} ${JSON.stringify(single)}`,
    problem: single,
    candidates: () =>
      family.variants
        .filter(({ supports }) => supports(single, capabilities))
        .filter(({ name, madeFor }) => name === variant || (madeFor ?? capabilities.kind) === capabilities.kind)
        .flatMap((candidate) => withinLimits(() => ({ variant: candidate.name, kernel: candidate.build(single, capabilities) }))),
  };
}

/** What could be made: nothing where the adapter's limits forbid it. */
function withinLimits<T>(make: () => T): T[] {
  try {
    return [make()];
  } catch (error) {
    if (error instanceof LimitError) return [];
    throw error;
  }
}

/** Workgroup size for register kernels: small on the CPU, where a subgroup is a vector register; 64 on a GPU. */
export function workgroupSize(capabilities: Capabilities): number {
  return capabilities.kind === 'cpu' ? 16 : 64;
}

/** Whole parts of a sum of `length` terms, at most `longest` each: the number of parts and the length of all but the last. Depends on shapes alone. */
export function splitSum(length: number, longest: number, most: number): { splits: number; perSplit: number } {
  const wanted = Math.max(1, Math.min(most, Math.ceil(length / longest)));
  const perSplit = Math.ceil(length / wanted);
  return { splits: Math.ceil(length / perSplit), perSplit };
}
