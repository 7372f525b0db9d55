import type { Capabilities } from '../../src/gpu/gpu.ts';
import type { Kernel } from '../../src/gpu/kernel.ts';
import type { Decision } from '../../src/kernels/family.ts';
import type { KernelCase } from '../cases/case.ts';
import { caseOf } from '../cases/index.ts';
import { layerKernels } from './layers.ts';
import { trainingKernels } from './training.ts';

/** A kernel to be measured: what it computes, where it is from, and each way to compute it. */
export interface Measured {
  readonly family: string;
  /** Networks whose training step has it; none: one of the other shapes. */
  readonly networks: readonly string[];
  readonly case: KernelCase;
  readonly variants: readonly MeasuredVariant[];
}

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
    key: decision.key,
    case: caseOf(decision),
    variants: () =>
      decision.candidates().map(({ variant, kernel }) => ({ name: variant, preferred: variant === decision.variant, kernel })),
  };
}

/** All kernels of the training steps of W1 and W2 as they are planned on such an adapter, then those of other layers; `all`: more of these. */
export function kernelList(capabilities: Capabilities, { all }: { all: boolean }): Measured[] {
  const found = [
    ...trainingKernels('W1', capabilities),
    ...trainingKernels('W2', capabilities),
    ...layerKernels(capabilities, all),
  ];
  const byKey = new Map<string, Found[]>();
  for (const one of found) {
    const group = byKey.get(one.key);
    if (group) group.push(one);
    else byKey.set(one.key, [one]);
  }
  return [...byKey.values()].flatMap((group) => {
    const [first] = group;
    const networks = [...new Set(group.flatMap(({ network }) => network ?? []))];
    return first ? [{ family: first.family, networks, case: first.case, variants: first.variants() }] : [];
  });
}
