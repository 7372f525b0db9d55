import { ShapeError } from '../core/errors.ts';
import { elements, formatShape, type Shape, sameShape } from '../core/value.ts';
import { apply, first, required, type Tensor } from '../graph/tensor.ts';
import { fakeQuantizeFamily } from '../kernels/fake-quantize.ts';
import type { DifferentiableOperation } from './differentiable.ts';

export interface FakeQuantizeAttributes {
  /** The largest integer: 2^(bits - 1) - 1. */
  readonly levels: number;
  /** The axis of the weights that is the output channels. */
  readonly axis: number;
}

/**
 * Weights [..., K, ...] as integers of few bits hold them, q scale with q = round(w / scale) from -levels to levels; `logScale` [K], the
 * natural logarithm of each channel's scale, is trained beside the weights.
 */
export function fakeQuantize(inputs: { weights: Tensor; logScale: Tensor }, attributes: FakeQuantizeAttributes): Tensor {
  return first(apply(fakeQuantizeOperation, inputs, attributes));
}

/** The sizes of the axes before the channels, of the channels, and of the axes behind them. */
export function aroundAxis(shape: Shape, axis: number): { outer: number; channels: number; inner: number } {
  return { outer: elements(shape.slice(0, axis)), channels: shape[axis] ?? 1, inner: elements(shape.slice(axis + 1)) };
}

export const fakeQuantizeOperation: DifferentiableOperation<FakeQuantizeAttributes> = {
  name: 'fakeQuantize',
  infer({ weights, logScale }, { axis }) {
    const shape = weights?.shape ?? [];
    const channels = [shape[axis] ?? 0];
    if (!logScale || !sameShape(logScale.shape, channels))
      throw new ShapeError(
        `fakeQuantize: 'logScale' must be ${formatShape(channels)} for 'weights' ${formatShape(shape)}, got ${formatShape(logScale?.shape ?? [])}`,
      );
    return [{ shape, type: 'f32' }];
  },
  lower(node, lowering) {
    const [weights, logScale, y] = [required(node, 'weights'), required(node, 'logScale'), first(node)];
    const { levels, axis } = node.attributes;
    const problem = {
      replicas: lowering.replicas,
      ...aroundAxis(weights.shape, axis),
      levels,
      weightsReplica: lowering.view(weights).replicaStride,
      scalesReplica: lowering.view(logScale).replicaStride,
      yReplica: lowering.view(y).replicaStride,
    };
    lowering.dispatch(fakeQuantizeFamily, problem, [weights, logScale, y]);
  },
};
