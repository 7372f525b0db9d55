import type { GradientRule } from '../../graph/differentiate.ts';
import type { Operation } from '../../graph/operation.ts';
import { apply, first, output, required } from '../../graph/tensor.ts';
import { normalizeFamily } from '../../kernels/forward.ts';
import type { NormalizeAttributes } from '../layer-norm.ts';

export const normalizeGradient: GradientRule<NormalizeAttributes> = (node, [dy]) => {
  const inputs = { dy, normalised: first(node), reciprocals: output(node, 1) };
  return { x: dy && first(apply(gradientOperation, inputs, node.attributes)) };
};

const gradientOperation: Operation<NormalizeAttributes> = {
  name: 'normalizeGradient',
  infer: ({ dy }) => [{ shape: dy?.shape ?? [] }],
  lower(node, lowering) {
    const [dy, normalised, dx] = [required(node, 'dy'), required(node, 'normalised'), first(node)];
    const views = { x: lowering.view(dy), normalised: lowering.view(normalised), y: lowering.view(dx) };
    const problem = { ...node.attributes, replicas: lowering.replicas, ...views };
    lowering.dispatch(normalizeFamily, problem, [dy, normalised, required(node, 'reciprocals'), undefined, dx]);
  },
};
