import type { Capabilities } from '../../src/gpu/gpu.ts';
import type { Kernel } from '../../src/gpu/kernel.ts';
import { fuse } from '../../src/graph/fuse.ts';
import { input } from '../../src/graph/sources.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import type { VariantChoice } from '../../src/kernels/family.ts';
import { gradientsOf } from '../../src/ops/gradients/index.ts';
import { buildOperation, differentiableInputs, type OpName } from '../../src/ops/registry.ts';
import { type LoweredDispatch, lower, type Precision } from '../../src/plan/lower.ts';
import type { Case } from '../cases/index.ts';
import './loaded-kernels.ts';

/** The kernels that runOp and gradOp would run for a case, on an adapter of these capabilities. */
export function loweredKernels(testCase: Case, capabilities: Capabilities, choice: VariantChoice = {}): Kernel[] {
  return loweredDispatches(testCase, capabilities, choice).map(({ kernel }) => kernel);
}

/** The same, with what they bind. */
export function loweredDispatches(
  { op, inputs, attributes }: Case,
  capabilities: Capabilities,
  choice: VariantChoice,
  precision: Precision = 'f32',
): LoweredDispatch[] {
  const tensors = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, input(name, shape)]));
  const built = buildOperation(op as OpName, tensors, attributes);
  const [y] = fuse([built]);
  if (!y) throw new Error(`${op} has no output`);
  const wanted = differentiableInputs(op as OpName, Object.keys(tensors)).map((name) => tensors[name] as Tensor);
  const gradients = gradientsOf(built, input('dy', built.shape), wanted).filter((gradient) => gradient !== undefined);
  const options = { capabilities, replicas: 1, choice, precision };
  return [lower([y], [], options), lower(fuse(gradients), [], options)].flatMap(({ dispatches }) => dispatches);
}
