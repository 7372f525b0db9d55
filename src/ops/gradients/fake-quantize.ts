import type { GradientRule } from '../../graph/differentiate.ts';
import type { Operation } from '../../graph/operation.ts';
import { apply, output, required } from '../../graph/tensor.ts';
import { fakeQuantizeGradientFamily, fakeQuantizeSplits } from '../../kernels/fake-quantize.ts';
import { aroundAxis, type FakeQuantizeAttributes } from '../fake-quantize.ts';
import type { FakeQuantizeActivationsAttributes } from '../fake-quantize-activations.ts';

export const fakeQuantizeGradient: GradientRule<FakeQuantizeAttributes> = (node, [dy]) => {
  if (!dy) return {};
  const [weights, logScale] = apply(gradientOperation, { ...node.inputs, dy }, node.attributes).outputs;
  return { weights, logScale };
};

/** Outputs: the gradients of weights and log scales. */
const gradientOperation: Operation<FakeQuantizeAttributes> = {
  name: 'fakeQuantizeGradient',
  infer({ weights, logScale }) {
    return [weights, logScale].map((tensor) => ({ shape: tensor?.shape ?? [], parameterGradient: true }));
  },
  lower(node, lowering) {
    const [weights, logScale, dy] = [required(node, 'weights'), required(node, 'logScale'), required(node, 'dy')];
    const [ofWeights, ofScales] = [output(node, 0), output(node, 1)];
    const { levels, axis } = node.attributes;
    const around = aroundAxis(weights.shape, axis);
    const problem = {
      replicas: lowering.replicas,
      ...around,
      levels,
      weightsReplica: lowering.view(weights).replicaStride,
      scalesReplica: lowering.view(logScale).replicaStride,
      dyReplica: lowering.view(dy).replicaStride,
      ofWeightsReplica: lowering.view(ofWeights).replicaStride,
      part: lowering.view(ofScales).replicaStride,
    };
    const sums = lowering.partialSums(ofScales, fakeQuantizeSplits(around).splits);
    lowering.dispatch(fakeQuantizeGradientFamily, problem, [weights, logScale, dy, ofWeights, sums]);
  },
};

/** Straight through: what lies beyond the range is little, and the range follows it. */
export const fakeQuantizeActivationsGradient: GradientRule<FakeQuantizeActivationsAttributes> = (_, [dy]) => ({ x: dy });
