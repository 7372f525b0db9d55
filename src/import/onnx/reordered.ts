import { elements, type Value } from '../../core/value.ts';
import { factorAt, type IrNode } from './ir.ts';
import type { OnnxNode } from './node.ts';

/**
 * A vector with its elements in another order, element i of it being element `order[i]` of the given one: where a dense layer makes it, with
 * only what treats all elements alike behind it, that layer's outputs are put in that order. Undefined where something else makes it.
 */
export function reordered(
  node: OnnxNode,
  vector: IrNode,
  order: Int32Array,
  known = new Map<IrNode, IrNode | undefined>(),
): IrNode | undefined {
  if (!known.has(vector)) known.set(vector, madeInOrder(node, vector, order, known));
  return known.get(vector);
}

function madeInOrder(
  node: OnnxNode,
  vector: IrNode,
  order: Int32Array,
  known: Map<IrNode, IrNode | undefined>,
): IrNode | undefined {
  const { step, inputs: given, key } = vector;
  if (vector.shape.length !== 1) return undefined;
  const keyed = key === undefined ? {} : { key: `${key} in the order of ${node.outputs[0]}` };
  if (step.kind === 'layer' && step.layer.type === 'dense') {
    node.take([...step.weights.values()].reduce((sum, { shape }) => sum + elements(shape), 0));
    return { ...vector, ...keyed, step: { ...step, weights: inOrder(step.weights, order) } };
  }
  if (!treatsAllAlike(vector)) return undefined;
  const inputs: IrNode[] = [];
  for (const before of given) {
    const made = reordered(node, before, order, known);
    if (!made) return undefined;
    inputs.push(made);
  }
  node.take(4 * order.length);
  if (step.kind === 'affine') {
    const factor = (of: typeof step.scale) =>
      typeof of === 'number' ? of : Float64Array.from(order, (from) => factorAt(of, from));
    return { ...vector, ...keyed, inputs, step: { ...step, scale: factor(step.scale), offset: factor(step.offset) } };
  }
  if (step.kind !== 'layer') return { ...vector, inputs };
  return { ...vector, ...keyed, inputs, step: { ...step, weights: inOrder(step.weights, order) } };
}

/** Of elements in another order it gives the same ones in that order, its own parameters being in that order too. */
function treatsAllAlike({ step }: IrNode): boolean {
  if (step.kind !== 'layer') return ['affine', 'erf', 'add', 'multiply'].includes(step.kind);
  return ['batchNorm', 'prelu', 'activation', 'layerNorm'].includes(step.layer.type);
}

/** Each tensor with its last axis in this order; one number for all is for all. */
function inOrder(weights: ReadonlyMap<string, Value>, order: Int32Array): ReadonlyMap<string, Value> {
  const size = order.length;
  return new Map(
    [...weights].map(([role, { shape, data }]) => [
      role,
      shape.at(-1) === 1
        ? { shape, data }
        : { shape, data: Float32Array.from(data, (_, i) => data[i - (i % size) + (order[i % size] ?? 0)] ?? Number.NaN) },
    ]),
  );
}
