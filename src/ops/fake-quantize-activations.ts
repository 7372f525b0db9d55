import { STATE } from '../graph/operation.ts';
import { apply, output as outputOf, required, type Tensor } from '../graph/tensor.ts';
import { extentParts, fakeQuantizeActivationsFamily, rangeFamily } from '../kernels/fake-quantize-activations.ts';
import type { DifferentiableOperation } from './differentiable.ts';

export interface FakeQuantizeActivationsAttributes {
  /** Whether a step moves the range to what it has seen: the last of those that share it does. */
  readonly moves: boolean;
  /** The share of the range that is kept then. */
  readonly momentum: number;
}

/**
 * Values as integers of 8 bits hold them, on the grid that a parameter `range` [least, most] gives, and the extent [least, most] of x, of
 * the values `before` too. The gradient goes straight through.
 */
export function fakeQuantizeActivations(
  inputs: { x: Tensor; range: Tensor; before?: Tensor | undefined },
  attributes: FakeQuantizeActivationsAttributes,
): { y: Tensor; extent: Tensor } {
  const node = apply(fakeQuantizeActivationsOperation, inputs, attributes);
  return { y: outputOf(node, 0), extent: outputOf(node, 1) };
}

export const fakeQuantizeActivationsOperation: DifferentiableOperation<FakeQuantizeActivationsAttributes> = {
  name: 'fakeQuantizeActivations',
  infer: ({ x }) => [
    { shape: x?.shape ?? [], type: x?.type },
    { shape: [2], type: 'f32' },
  ],
  lower(node, lowering) {
    const { before } = node.inputs;
    const [x, range] = [required(node, 'x'), required(node, 'range')];
    const [y, extent] = [outputOf(node, 0), outputOf(node, 1)];
    const { replicas } = lowering;
    const problem = {
      replicas,
      batch: x.shape[0] ?? 1,
      x: lowering.view(x),
      y: lowering.view(y),
      rangeReplica: lowering.view(range).replicaStride,
    };
    const parts = extentParts(problem);
    const extents = lowering.scratch(parts * 2 * replicas);
    lowering.dispatch(fakeQuantizeActivationsFamily, problem, [x, range, STATE, y, extents]);
    const { rangeReplica } = problem;
    const ranging = { replicas, parts, before: before !== undefined, rangeReplica, ...node.attributes };
    lowering.dispatch(rangeFamily, ranging, [extents, before, extent, node.attributes.moves ? range : undefined]);
  },
};
