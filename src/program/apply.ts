import { ShapeError } from '../core/errors.ts';
import { formatShape, sameShape } from '../core/value.ts';
import type { Tensor } from '../graph/tensor.ts';
import { Network } from '../model/network.ts';
import type { Model } from '../model/types.ts';
import { checkWeights, type Weights } from '../model/weights.ts';

export function apply(m: Model, weights: Weights, x: Tensor): Tensor {
  checkWeights(m, weights);
  if (!sameShape(x.shape.slice(1), m.input))
    throw new ShapeError(
      `apply: x must be [N, ${m.input.join(', ')}], a batch of what the model takes, got ${formatShape(x.shape)}`,
    );
  return new Network(m, weights).apply(x, 'inference');
}
