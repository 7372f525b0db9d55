import { ShapeError } from '../core/errors.ts';
import type { Operation } from '../graph/operation.ts';
import { apply, first, required, type Tensor } from '../graph/tensor.ts';
import { softmaxFamily } from '../kernels/softmax.ts';

export function softmax(inputs: { x: Tensor }): Tensor {
  return first(apply(softmaxOperation, { x: inputs.x }, {}));
}

const softmaxOperation: Operation = {
  name: 'softmax',
  infer({ x }) {
    if (!x || x.shape.length === 0) throw new ShapeError("softmax: 'x' must have at least one axis");
    return [{ shape: x.shape }];
  },
  gradient: (node, [dy]) => ({ x: dy && first(apply(gradientOperation, { dy, y: first(node) }, {})) }),
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

const gradientOperation: Operation = {
  name: 'softmaxGradient',
  infer: ({ dy }) => [{ shape: dy?.shape ?? [] }],
  lower(node, lowering) {
    const dx = first(node);
    const dy = required(node, 'dy');
    const y = required(node, 'y');
    const problem = { replicas: lowering.replicas, x: lowering.view(dy), y: lowering.view(dx), saved: lowering.view(y) };
    lowering.dispatch(softmaxFamily, problem, [dy, y, dx]);
  },
};
