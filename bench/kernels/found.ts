import type { Kernel } from '../../src/gpu/kernel.ts';
import type { Decision } from '../../src/kernels/family.ts';
import type { KernelCase } from '../cases/case.ts';
import { caseOf } from '../cases/index.ts';

export interface MeasuredVariant {
  readonly name: string;
  /** The one that a plan takes on this adapter. */
  readonly preferred: boolean;
  readonly kernel: Kernel;
}

/** A kernel of a network or layer, before those that are the same are joined. */
export interface Found {
  readonly family: string;
  readonly network?: string;
  /** Family and problem as text. */
  readonly key: string;
  readonly case: KernelCase;
  variants(): readonly MeasuredVariant[];
}

/** A choice that a plan makes, as something to measure. */
export function foundOf(decision: Decision, network?: string): Found {
  return {
    family: decision.family,
    network,
    // Dropouts of the same rate differ in their random numbers alone.
    key: decision.key.replace(/"layer":\d+/g, '"layer"'),
    case: caseOf(decision),
    variants: () =>
      decision.candidates().map(({ variant, kernel }) => ({ name: variant, preferred: variant === decision.variant, kernel })),
  };
}

/** A kernel of which there is one variant, which is its name's second half. */
export function alone(network: string | undefined, described: KernelCase, kernel: Kernel): Found {
  const [family = '', variant = ''] = kernel.name.split('/');
  return {
    family,
    network,
    key: `${kernel.name} ${described.shape}`,
    case: described,
    variants: () => [{ name: variant, preferred: true, kernel }],
  };
}
