import type { Capabilities } from '../../src/gpu/gpu.ts';
import type { KernelCase } from '../cases/case.ts';
import type { Found, MeasuredVariant } from './found.ts';
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

const NETWORKS = ['W1', 'W2', 'W3', 'W4'] as const;

/** All kernels of the training steps of W1 to W4 as they are planned on such an adapter, then those of other layers; `all`: more of these. */
export function kernelList(capabilities: Capabilities, { all }: { all: boolean }): Measured[] {
  const found = [...NETWORKS.flatMap((network) => trainingKernels(network, capabilities)), ...layerKernels(capabilities, all)];
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
