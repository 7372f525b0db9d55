import type { GradientRule } from '../../graph/differentiate.ts';
import { type Operand, type Operation, STATE } from '../../graph/operation.ts';
import { apply, first, output, required } from '../../graph/tensor.ts';
import { batchNormSplits } from '../../kernels/batch-norm/problem.ts';
import {
  batchNormGradientChannelsFamily,
  batchNormGradientFamily,
  batchNormSumsFamily,
} from '../../kernels/batch-norm-gradient.ts';
import { batchNormStatisticsFamily } from '../../kernels/forward.ts';
import { type BatchNormAttributes, batchNormOperands } from '../batch-norm.ts';
import { absorbEpilogue, NO_EPILOGUE, type WithEpilogue } from '../epilogue.ts';
import { throughEpilogue } from './epilogue.ts';

export const batchNormGradient: GradientRule<BatchNormAttributes & WithEpilogue> = (node, [dy], wanted) => {
  if (!dy) return {};
  const { epilogue, ...attributes } = node.attributes;
  const { x, scale, mean, variance } = node.inputs;
  const dz = throughEpilogue(epilogue, dy, first(node));
  const gradient = apply(
    gradientOperation,
    { x, scale, mean: mean ?? output(node, 1), variance, dy: dz },
    { ...attributes, epilogue: NO_EPILOGUE },
  );
  const [dx, dScale, dOffset] = gradient.outputs;
  return {
    x: wanted('x') ? dx : undefined,
    scale: wanted('scale') ? dScale : undefined,
    offset: wanted('offset') ? dOffset : undefined,
  };
};

/** Outputs: the gradients of x, scale and offset. Input `mean` holds the moments in training. */
const gradientOperation: Operation<BatchNormAttributes & WithEpilogue> = {
  name: 'batchNormGradient',
  infer({ x, scale }) {
    const parameter = { shape: scale?.shape ?? [], parameterGradient: true };
    return [{ shape: x?.shape ?? [] }, parameter, parameter];
  },
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const { x, dy, saved } = node.inputs;
    const { problem: shared, scale, mean, variance } = batchNormOperands(node, lowering);
    const [dx, dScale, dOffset] = [output(node, 0), output(node, 1), output(node, 2)];
    const problem = {
      ...shared,
      gradientReplica: lowering.view(dScale).replicaStride,
      dy: lowering.view(required(node, 'dy')),
      y: lowering.view(dx),
      saved: lowering.viewIf(saved),
    };
    const { splits } = batchNormSplits(problem.x.rows);
    const parameters = [dScale, dOffset].map((tensor) => {
      const parts = problem.joined ? splits : 1;
      // Without a reader there is no pass that adds parts up.
      if (!lowering.isLive(tensor)) return lowering.scratch(lowering.replicas * parts * problem.gradientReplica);
      return lowering.partialSums(tensor, parts);
    });
    const all: Operand[] = [x, dy, scale, mean, STATE, dx, parameters[0], parameters[1]];
    if (lowering.dispatchFused(batchNormGradientChannelsFamily, problem, () => all)) return;
    const partial = lowering.scratch(lowering.replicas * splits * problem.x.channels * 2);
    const ofParts = problem.joined ? parameters : [];
    lowering.dispatch(batchNormStatisticsFamily, problem, [x, dy, mean, variance, STATE, partial, ofParts[0], ofParts[1]]);
    let sums = partial;
    if (!problem.joined) {
      sums = lowering.scratch(lowering.replicas * problem.x.channels * 2);
      lowering.dispatch(batchNormSumsFamily, problem, [partial, parameters[0], parameters[1], sums]);
    }
    if (lowering.isLive(dx))
      lowering.dispatch(batchNormGradientFamily, problem, [x, dy, scale, mean, variance ?? sums, saved, STATE, dx]);
  },
};
