import type { GradientRule } from '../../graph/differentiate.ts';
import type { Operation } from '../../graph/operation.ts';
import { apply, first, required } from '../../graph/tensor.ts';
import { softmaxFamily } from '../../kernels/forward.ts';

export const softmaxGradient: GradientRule = (node, [dy]) => ({
  x: dy && first(apply(gradientOperation, { dy, y: first(node) }, {})),
});

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
