import type { ElementwiseActivation } from '../../core/activation.ts';
import { FUSED } from './schema.ts';
import type { Subgraph, TensorIndex } from './subgraph.ts';

/** An activation as an operator of its own, or several. */
export function activated(subgraph: Subgraph, { kind, options }: ElementwiseActivation, x: TensorIndex): TensorIndex {
  const shape = subgraph.shapeOf(x);
  switch (kind) {
    case 'linear':
      return x;
    case 'relu':
      return subgraph.add('RELU', [x], shape);
    case 'relu6':
      return subgraph.add('RELU6', [x], shape);
    case 'leakyRelu':
      return subgraph.add('LEAKY_RELU', [x], shape, { alpha: options.slope ?? 0 });
    case 'sigmoid':
      return subgraph.add('LOGISTIC', [x], shape);
    case 'tanh':
      return subgraph.add('TANH', [x], shape);
    case 'elu':
      return subgraph.add('ELU', [x], shape);
    case 'gelu':
      return subgraph.add('GELU', [x], shape);
    case 'silu':
      return subgraph.add('MUL', [x, subgraph.add('LOGISTIC', [x], shape)], shape);
    case 'hardSwish':
      return subgraph.add('HARD_SWISH', [x], shape);
    case 'hardSigmoid': {
      const shifted = subgraph.add('ADD', [x, subgraph.scalar(3)], shape, { fused: FUSED.relu6 });
      return subgraph.add('MUL', [shifted, subgraph.scalar(1 / 6)], shape);
    }
  }
}
