import { elements, type Value } from '../../core/value.ts';
import { factorAt, type IrNode } from './ir.ts';
import type { OnnxNode } from './node.ts';
import { ordered } from './order.ts';

/**
 * A vector with its elements in another order, element i of it being element `order[i]` of the given one: where dense layers make it, with
 * only what treats all elements alike behind them, their outputs are put in that order. Undefined where something else makes it.
 */
export function reordered(node: OnnxNode, vector: IrNode, order: Int32Array): IrNode | undefined {
  const moved = new Set<IrNode>();
  const open = [vector];
  for (let at = open.pop(); at; at = open.pop()) {
    if (moved.has(at)) continue;
    if (at.shape.length !== 1 || !(isDense(at) || treatsAllAlike(at))) return undefined;
    moved.add(at);
    if (!isDense(at)) open.push(...at.inputs);
  }
  const made = new Map<IrNode, IrNode>();
  for (const at of ordered(vector)) if (moved.has(at)) made.set(at, movedNode(node, at, order, made));
  return made.get(vector);
}

/** `made`: those before it with their elements in that order. */
function movedNode(node: OnnxNode, before: IrNode, order: Int32Array, made: ReadonlyMap<IrNode, IrNode>): IrNode {
  const { step, key } = before;
  const inputs = isDense(before) ? before.inputs : before.inputs.map((input) => made.get(input) ?? input);
  const keyed = key === undefined ? {} : { key: `${key} in the order of ${node.outputs[0]}` };
  node.take(4 * order.length);
  if (step.kind === 'layer') {
    node.take([...step.weights.values()].reduce((sum, { shape }) => sum + elements(shape), 0));
    return { ...before, ...keyed, inputs, step: { ...step, weights: inOrder(step.weights, order) } };
  }
  if (step.kind !== 'affine') return { ...before, inputs };
  const factor = (of: typeof step.scale) =>
    typeof of === 'number' ? of : Float64Array.from(order, (from) => factorAt(of, from));
  return { ...before, ...keyed, inputs, step: { ...step, scale: factor(step.scale), offset: factor(step.offset) } };
}

function isDense({ step }: IrNode): boolean {
  return step.kind === 'layer' && step.layer.type === 'dense';
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
