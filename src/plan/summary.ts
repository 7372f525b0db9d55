import type { Command } from '../gpu/commands.ts';
import type { GraphLayout } from './layout.ts';
import type { Precision } from './lower.ts';
import type { ParameterStore } from './parameters.ts';

/** What a plan costs, and of which kernels it consists. */
export interface PlanSummary {
  /** Dispatches of one run; a training step adds the gathering of its batch and the counting of the step. */
  readonly dispatches: number;
  readonly kernels: readonly { readonly name: string; readonly workgroups: readonly [number, number, number] }[];
  /** Bytes of each arena of activations, and what they would take if no memory were used twice. */
  readonly arenas: readonly number[];
  readonly activationBytes: number;
  readonly activationBytesUnshared: number;
  readonly parameterBytes: number;
  readonly momentBytes: number;
  readonly gradientBytes: number;
  /** Kernel variants by family, in the order of the dispatches. */
  readonly variants: Readonly<Record<string, readonly string[]>>;
  readonly precision: Precision;
}

export function summarize(
  commands: readonly Command[],
  { graph, lowered, memory }: GraphLayout,
  store: ParameterStore,
): PlanSummary {
  const { parameters, moments, gradients } = store.bytes;
  return {
    dispatches: commands.length,
    kernels: commands.map(({ name, workgroups }) => ({ name, workgroups })),
    arenas: memory.arenas,
    activationBytes: memory.arenas.reduce((sum, bytes) => sum + bytes, 0),
    activationBytesUnshared: memory.unsharedBytes,
    parameterBytes: parameters,
    momentBytes: moments,
    gradientBytes: gradients,
    variants: lowered.variants,
    precision: graph.precision ?? 'f32',
  };
}
