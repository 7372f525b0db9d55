import { ShapeError } from '../../core/errors.ts';
import type { GradientRule } from '../../graph/differentiate.ts';
import { isUnit } from '../../graph/sources.ts';
import { output, type Tensor } from '../../graph/tensor.ts';
import { multiply } from '../arithmetic.ts';
import { product, scaled } from '../elementwise.ts';
import type { LossAttributes } from '../loss.ts';
import { reshape } from '../reshape.ts';

export const lossGradient: GradientRule<LossAttributes> = (node, [dLoss, ...others], wanted) => {
  if (others.some(Boolean)) throw new ShapeError(`${node.attributes.kind}: gradients cannot be differentiated again`);
  if (!dLoss) return {};
  const whole = output(node, 2);
  const gradient = times(whole, dLoss);
  const target = node.attributes.goal === 'targets' && wanted('goal') ? scaled(gradient, -1) : undefined;
  return { x: wanted('x') ? gradient : undefined, goal: target };
};

/** The gradient times that of the loss: a number for all, or one for each sample. */
function times(whole: Tensor, dLoss: Tensor): Tensor {
  if (isUnit(dLoss)) return whole;
  if (dLoss.shape.length === 0) return product(whole, dLoss);
  return multiply({ a: whole, b: reshape(dLoss, [...dLoss.shape, ...whole.shape.slice(1).map(() => 1)]) });
}
