import { elements, type Shape } from '../../core/value.ts';
import type { GradientRule } from '../../graph/differentiate.ts';
import type { Operation } from '../../graph/operation.ts';
import { apply, first, required } from '../../graph/tensor.ts';
import { gatherGradientFamily } from '../../kernels/gather.ts';
import { sumSplits } from '../../kernels/sum-splits.ts';
import { contiguousOperand, wholeOperand } from '../contiguous.ts';
import { rowsIn, whole } from '../gather.ts';
import { lowerSums } from '../reduction.ts';

interface GradientAttributes {
  readonly xShape: Shape;
  /** The result is the gradient of a parameter. */
  readonly ofParameter: boolean;
}

export const gatherGradient: GradientRule = (node, [dy], wanted) => {
  const x = required(node, 'x');
  if (!dy || !wanted('x')) return {};
  const attributes = { xShape: x.shape, ofParameter: x.parameterGradient };
  return { x: first(apply(gradientOperation, { dy, indices: required(node, 'indices') }, attributes)) };
};

const gradientOperation: Operation<GradientAttributes> = {
  name: 'gatherGradient',
  standsAlone: true,
  infer: (_, { xShape, ofParameter }) => [{ shape: xShape, parameterGradient: ofParameter }],
  lower(node, lowering) {
    const indices = required(node, 'indices');
    const dy = wholeOperand(lowering, required(node, 'dy'));
    const index = contiguousOperand(lowering, indices);
    const dx = first(node);
    const { replicaStride, type } = lowering.view(dx);
    const [count, size] = [elements(indices.shape), elements(dx.shape)];
    const { splits, perSplit } = sumSplits(size, count);
    const destination = { offset: 0, replicaStride, steps: [1], type };
    lowerSums(lowering, { tensor: dx, sizes: [size], destination, splits, factor: 1 }, ({ operand, y, part }) => {
      const problem = {
        replicas: lowering.replicas,
        ...rowsIn(dx.shape),
        count,
        dy: whole(dy.view),
        index: whole(index.view),
        dx: { type: y.type },
        splits,
        perSplit,
        part,
      };
      lowering.dispatch(gatherGradientFamily, problem, [dy.operand, index.operand, operand]);
    });
  },
};
