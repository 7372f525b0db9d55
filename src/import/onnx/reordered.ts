import { elements, type Value } from '../../core/value.ts';
import { factorAt, type IrNode } from './ir.ts';
import type { OnnxNode } from './node.ts';

/**
 * A vector with its elements in another order, element i of it being element `order[i]` of the given one: where a dense layer makes it, with
 * only what treats each element alone behind it, that layer's outputs are put in that order. Undefined where something else makes it.
 */
export function reordered(node: OnnxNode, vector: IrNode, order: Int32Array): IrNode | undefined {
  const { step, inputs, key } = vector;
  const [before] = inputs;
  if (!before || vector.shape.length !== 1) return undefined;
  const keyed = key === undefined ? {} : { key: `${key} in the order of ${node.outputs[0]}` };
  if (step.kind === 'layer' && step.layer.type === 'dense') {
    node.take([...step.weights.values()].reduce((sum, { shape }) => sum + elements(shape), 0));
    return { ...vector, ...keyed, step: { ...step, weights: inOrder(step.weights, order) } };
  }
  if (!treatsEachAlone(vector)) return undefined;
  const made = reordered(node, before, order);
  if (!made) return undefined;
  node.take(4 * order.length);
  if (step.kind === 'affine') {
    const factor = (of: typeof step.scale) =>
      typeof of === 'number' ? of : Float64Array.from(order, (from) => factorAt(of, from));
    return { ...vector, ...keyed, inputs: [made], step: { ...step, scale: factor(step.scale), offset: factor(step.offset) } };
  }
  if (step.kind !== 'layer') return { ...vector, inputs: [made] };
  return { ...vector, ...keyed, inputs: [made], step: { ...step, weights: inOrder(step.weights, order) } };
}

function treatsEachAlone({ step }: IrNode): boolean {
  if (step.kind === 'affine' || step.kind === 'erf') return true;
  if (step.kind !== 'layer') return false;
  const { layer } = step;
  return layer.type === 'batchNorm' || layer.type === 'prelu' || (layer.type === 'activation' && layer.activation !== 'softmax');
}

/** Each tensor with its last axis in this order. */
function inOrder(weights: ReadonlyMap<string, Value>, order: Int32Array): ReadonlyMap<string, Value> {
  const size = order.length;
  return new Map(
    [...weights].map(([role, { shape, data }]) => [
      role,
      { shape, data: Float32Array.from(data, (_, i) => data[i - (i % size) + (order[i % size] ?? 0)] ?? Number.NaN) },
    ]),
  );
}
