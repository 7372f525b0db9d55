import { ShapeError } from '../core/errors.ts';
import { checkShape, elements, formatShape, type Shape } from '../core/value.ts';
import { apply, first, required, type Tensor } from '../graph/tensor.ts';
import { mapFamily } from '../kernels/forward.ts';
import type { DifferentiableOperation } from './differentiable.ts';

export function reshape(x: Tensor, shape: Shape): Tensor {
  checkShape('reshape', shape);
  return first(apply(reshapeOperation, { x }, { shape }));
}

export function flatten(x: Tensor): Tensor {
  const [batch = 1, ...rest] = x.shape;
  return rest.length === 1 ? x : reshape(x, [batch, elements(rest)]);
}

export const reshapeOperation: DifferentiableOperation<{ readonly shape: Shape }> = {
  name: 'reshape',
  infer({ x }, { shape }) {
    if (!x || elements(x.shape) !== elements(shape))
      throw new ShapeError(
        `reshape: 'x' ${formatShape(x?.shape ?? [])} has ${elements(x?.shape ?? [])} elements, the shape ${formatShape(shape)} ${elements(shape)}`,
      );
    return [{ shape, type: x.type }];
  },
  alias: () => ({ input: 'x', kind: 'reshape' }),
  lower(node, lowering) {
    const x = required(node, 'x');
    const y = first(node);
    if (lowering.sameMemory(x, y)) return;
    const a = lowering.view(x);
    const whole = { ...a, offset: 0, rowStride: a.channels, replicaStride: lowering.view(y).replicaStride };
    lowering.dispatch(mapFamily, { replicas: lowering.replicas, operation: 'copy', a, y: whole }, [
      x,
      undefined,
      undefined,
      'state',
      y,
    ]);
  },
};
