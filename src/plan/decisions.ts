import type { Gpu } from '../gpu/gpu.ts';
import type { Kernel } from '../gpu/kernel.ts';
import type { Decision } from '../kernels/family.ts';
import { APART } from '../kernels/fused.ts';
import { SINK_BYTES } from './binder.ts';
import { type GraphOptions, layoutThatFits, lowerOn } from './layout.ts';
import type { Bound, LoweredDispatch, LoweredGraph } from './lower.ts';
import { storageBytes } from './storage.ts';

/** A kernel of a plan, and the bytes that its dispatch finds behind each binding (0 for the training state). */
export interface PlannedKernel {
  readonly kernel: Kernel;
  readonly bytes: readonly number[];
}

/** A choice of variant that a plan makes, and the bytes that its dispatch finds behind each binding (0 for the training state). */
export interface PlannedDecision {
  readonly decision: Decision;
  readonly bytes: readonly number[];
}

/** Work that one fused kernel could do, or several kernels one after the other. */
export interface PlannedFusion {
  /** Of the fused family; its variant is APART where the parts are preferred. */
  readonly decision: Decision;
  /** What is dispatched with each variant of the fused family, and APART, where that fits the adapter. */
  readonly alternatives: ReadonlyMap<string, readonly (PlannedKernel | PlannedDecision)[]>;
}

/** All choices of a graph's lowering, in the order of its variants; those of fused families apart, which `planFusions` has. */
export function planDecisions({ dispatches }: LoweredGraph): PlannedDecision[] {
  return dispatches.flatMap(({ decision, bound }) => (decision ? [{ decision, bytes: bound.map(bytesOf) }] : []));
}

/** The fused families' choices of a graph's plan for one replica, in the order of its `summary.variants`. */
export function planFusions(gpu: Gpu, graph: GraphOptions): PlannedFusion[] {
  const single = { ...graph, replicas: 1 };
  const preferred = lowerOn(gpu, single).fusions;
  const names = new Map<string, Set<string>>();
  for (const { decision } of preferred) {
    const known = names.get(decision.family) ?? new Set([APART]);
    names.set(decision.family, known);
    for (const { variant } of decision.candidates()) known.add(variant);
  }
  const alternatives = preferred.map(() => new Map<string, readonly (PlannedKernel | PlannedDecision)[]>());
  for (const [family, variants] of names)
    for (const variant of variants) {
      const choice = { [family]: variant };
      // Parts may need more memory than the fused kernel, and all replicas of them more than the adapter has.
      if (!layoutThatFits(gpu, { ...graph, choice })) continue;
      // In a layout what is prepared stands first, so that fusions' places are not those of its dispatches.
      const lowered = lowerOn(gpu, { ...single, choice });
      lowered.fusions.forEach(({ decision, first, end }, index) => {
        // Where the variant can't serve, the preferred one does.
        if (decision.family === family && decision.variant === variant)
          alternatives[index]?.set(variant, lowered.dispatches.slice(first, end).map(planned));
      });
    }
  return preferred.map(({ decision }, index) => ({ decision, alternatives: alternatives[index] ?? new Map() }));
}

function planned({ kernel, decision, bound }: LoweredDispatch): PlannedKernel | PlannedDecision {
  const bytes = bound.map(bytesOf);
  return decision ? { decision, bytes } : { kernel, bytes };
}

function bytesOf(bound: Bound): number {
  if (bound === 'state') return 0;
  return bound ? storageBytes(bound) : SINK_BYTES;
}
