import { elements } from '../core/value.ts';
import type { Operation } from '../graph/operation.ts';
import { apply, channelsOf, type Node, output, required, type Tensor } from '../graph/tensor.ts';
import { batchNormFoldFamily } from '../kernels/forward.ts';
import { type BatchNormAttributes, batchNormOperation } from './batch-norm.ts';
import { contiguousOperand } from './contiguous.ts';
import { convolution } from './conv2d.ts';
import { denseOperation } from './dense.ts';
import { isPlain, type WithEpilogue } from './epilogue.ts';
import { separable } from './separable.ts';

/**
 * What replaces a batch normalisation with given statistics behind a convolution or dense layer without an activation: the layer with
 * other weights. For graphs that nobody differentiates. Undefined for other nodes.
 */
export function foldBatchNorm(node: Node, soleUser: (tensor: Tensor) => boolean): readonly Tensor[] | undefined {
  if (node.operation !== batchNormOperation || !node.inputs.mean) return undefined;
  const { x, ...vectors } = node.inputs;
  const layer = x?.node;
  const name = layer && WEIGHTS.get(layer.operation);
  if (!x || !layer || !name || x.index !== 0 || !soleUser(x) || !isPlain((layer.attributes as WithEpilogue).epilogue))
    return undefined;
  const { epsilon, epilogue } = node.attributes as BatchNormAttributes & WithEpilogue;
  const given = { ...vectors, weights: required(layer, name), bias: layer.inputs.bias };
  const [weights, bias] = apply(foldOperation, given, { epsilon }).outputs;
  return apply(layer.operation, { ...layer.inputs, [name]: weights, bias }, { ...layer.attributes, epilogue }).outputs;
}

/** What the weights that a normalisation behind them changes are called. */
const WEIGHTS = /* @__PURE__ */ new Map<Operation, string>([
  [convolution, 'filter'],
  [separable, 'filter'],
  [denseOperation, 'weights'],
]);

/** Outputs: weights and bias. */
const foldOperation: Operation<{ readonly epsilon: number }> = {
  name: 'batchNormFold',
  infer({ weights, scale }) {
    return [weights, scale].map((tensor) => ({ shape: tensor?.shape ?? [], type: 'f32' }));
  },
  lower(node, lowering) {
    const operand = (name: string) => contiguousOperand(lowering, required(node, name));
    const names = ['weights', 'scale', 'offset', 'mean', 'variance'] as const;
    const [weights, scale, offset, mean, variance] = names.map(operand);
    const bias = node.inputs.bias && operand('bias');
    const [folded, shift] = [output(node, 0), output(node, 1)];
    const problem = {
      replicas: lowering.replicas,
      length: elements(folded.shape),
      channels: channelsOf(folded.shape),
      bias: bias !== undefined,
      epsilon: node.attributes.epsilon,
      weightsReplica: weights?.view.replicaStride ?? 0,
      parameterReplica: scale?.view.replicaStride ?? 0,
      runningReplica: mean?.view.replicaStride ?? 0,
      foldedReplica: lowering.view(folded).replicaStride,
      shiftReplica: lowering.view(shift).replicaStride,
    };
    const given = [weights, bias, scale, offset, mean, variance].map((one) => one?.operand);
    lowering.dispatch(batchNormFoldFamily, problem, [...given, folded, shift]);
  },
};
