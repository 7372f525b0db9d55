import { ShapeError } from '../core/errors.ts';
import { apply, first, required, type Tensor } from '../graph/tensor.ts';
import { softmaxFamily } from '../kernels/forward.ts';
import type { DifferentiableOperation } from './differentiable.ts';

export function softmax(inputs: { x: Tensor }): Tensor {
  return first(apply(softmaxOperation, { x: inputs.x }, {}));
}

export const softmaxOperation: DifferentiableOperation = {
  name: 'softmax',
  infer({ x }) {
    if (!x || x.shape.length === 0) throw new ShapeError("softmax: 'x' must have at least one axis");
    return [{ shape: x.shape }];
  },
  lower(node, lowering) {
    const y = first(node);
    const x = required(node, 'x');
    lowering.dispatch(softmaxFamily, { replicas: lowering.replicas, x: lowering.view(x), y: lowering.view(y) }, [
      x,
      undefined,
      y,
    ]);
  },
};
