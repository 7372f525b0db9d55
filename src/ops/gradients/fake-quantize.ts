import type { GradientRule } from '../../graph/differentiate.ts';
import type { Operation } from '../../graph/operation.ts';
import { apply, first, type Tensor } from '../../graph/tensor.ts';
import { roundingParts } from '../../kernels/fake-quantize.ts';
import { aroundAxis, type FakeQuantizeAttributes } from '../fake-quantize.ts';
import type { FakeQuantizeActivationsAttributes } from '../fake-quantize-activations.ts';

/** Straight through: what of it is the weights' is told before an optimizer reads it, together with the gradient of the scales. */
export const fakeQuantizeGradient: GradientRule<FakeQuantizeAttributes> = ({ inputs, attributes }, [dy]) => {
  const { weights, logScale } = inputs;
  if (!dy || !weights || !logScale) return {};
  return {
    weights: dy,
    logScale: first(apply(scalesOperation, {}, { logScale, ...aroundAxis(weights.shape, attributes.axis) })),
  };
};

/** Memory for the gradient of scales, which `Lowering.rounds` has made from that of the weights. */
const scalesOperation: Operation<{ readonly logScale: Tensor; readonly outer: number; readonly inner: number }> = {
  name: 'fakeQuantizeScales',
  infer: (_, { logScale }) => [{ shape: logScale.shape, parameterGradient: true }],
  lower(node, lowering) {
    lowering.partialSums(first(node), roundingParts(node.attributes).parts);
  },
};

/** Straight through: what lies beyond the range is little, and the range follows it. */
export const fakeQuantizeActivationsGradient: GradientRule<FakeQuantizeActivationsAttributes> = (_, [dy]) => ({ x: dy });
