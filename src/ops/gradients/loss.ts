import { ShapeError } from '../../core/errors.ts';
import type { GradientRule } from '../../graph/differentiate.ts';
import { isUnit } from '../../graph/sources.ts';
import { output } from '../../graph/tensor.ts';
import { product, scaled } from '../elementwise.ts';
import type { LossAttributes } from '../loss.ts';

export const lossGradient: GradientRule<LossAttributes> = (node, [dLoss, ...others], wanted) => {
  if (others.some(Boolean)) throw new ShapeError(`${node.attributes.kind}: gradients cannot be differentiated again`);
  if (!dLoss) return {};
  const whole = output(node, 2);
  const gradient = isUnit(dLoss) ? whole : product(whole, dLoss);
  const target = node.attributes.kind === 'meanSquaredError' && wanted('goal') ? scaled(gradient, -1) : undefined;
  return { x: wanted('x') ? gradient : undefined, goal: target };
};
