import { ShapeError } from '../core/errors.ts';
import { elements, formatShape, type Shape, sameShape } from '../core/value.ts';
import { apply, first, required, type Tensor } from '../graph/tensor.ts';
import type { DifferentiableOperation } from './differentiable.ts';

export interface FakeQuantizeAttributes {
  /** The largest integer: 2^(bits - 1) - 1. */
  readonly levels: number;
  /** The axis of the weights that is the output channels. */
  readonly axis: number;
}

/**
 * Weights [..., K, ...], a parameter, as integers of few bits hold them, q scale with q = round(w / scale) from -levels to levels; `logScale`
 * [K], a parameter too, the natural logarithm of each channel's scale, is trained beside the weights. All such copies of a plan are made together.
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
  roundsParameter: true,
  infer({ weights, logScale }, { axis }) {
    for (const tensor of [weights, logScale])
      if (tensor && tensor.node.operation.source !== 'parameter')
        throw new ShapeError(`fakeQuantize: rounds parameters, got the output of ${tensor.node.operation.name}`);
    const shape = weights?.shape ?? [];
    const channels = [shape[axis] ?? 0];
    if (!logScale || !sameShape(logScale.shape, channels))
      throw new ShapeError(
        `fakeQuantize: 'logScale' must be ${formatShape(channels)} for 'weights' ${formatShape(shape)}, got ${formatShape(logScale?.shape ?? [])}`,
      );
    // It lies as the parameter does.
    return [{ shape, parameterGradient: true }];
  },
  lower(node, lowering) {
    const [weights, logScale] = [required(node, 'weights'), required(node, 'logScale')];
    const { levels, axis } = node.attributes;
    lowering.rounds({ weights, logScale, ...aroundAxis(weights.shape, axis), levels }, first(node));
  },
};
