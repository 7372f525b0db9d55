import { APART } from '../../src/kernels/fused.ts';
import { families } from '../../src/kernels/registry.ts';
import type { Gpu } from '../../src/node.ts';
import type { Precision } from '../../src/plan/lower.ts';
import type { Case } from '../cases/index.ts';
import type { Engine } from './check.ts';
import { gpuEngine } from './gpu.ts';
import { loweredKernels } from './lowered.ts';

export interface VariantName {
  readonly family: string;
  readonly variant: string;
  /** The kind of adapter that it is made for, where it serves no other well. */
  readonly madeFor: 'gpu' | 'cpu' | undefined;
}

/** Every variant of every family. */
export const variantNames: readonly VariantName[] = families.flatMap((family) =>
  family.variants.map(({ name, madeFor }) => ({ family: family.name, variant: name, madeFor })),
);

/** A variant where it can serve, and no kernel that does the work of several families at once. */
function wanting({ family, variant }: Pick<VariantName, 'family' | 'variant'>) {
  return { ...APARTS, [family]: variant };
}

const APARTS = {
  'conv2d-gradients': APART,
  'dense-gradients': APART,
  'batch-norm-channels': APART,
  'batch-norm-gradient-channels': APART,
};

/** Whether a variant, where it is wanted, runs in a case, and other kernels with it than those that would run anyhow. */
export function serves(gpu: Gpu, { family, variant }: Pick<VariantName, 'family' | 'variant'>, testCase: Case): boolean {
  const names = loweredKernels(testCase, gpu.capabilities, wanting({ family, variant })).map(({ name }) => name);
  const preferred = loweredKernels(testCase, gpu.capabilities).map(({ name }) => name);
  return names.includes(`${family}/${variant}`) && names.join() !== preferred.join();
}

/** The engine with one variant wanted wherever it can serve. */
export function engineWith(gpu: Gpu, name: Pick<VariantName, 'family' | 'variant'>, precision: Precision = 'f32'): Engine {
  return gpuEngine(gpu, { variants: wanting(name), precision });
}
