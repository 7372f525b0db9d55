import { withInputs } from './rewrite.ts';
import { type Node, required, type Tensor, topological } from './tensor.ts';

/** The outputs that replace a node's, where it can be joined to the producer of an input. */
export type FusionRule = (node: Node, soleUser: (tensor: Tensor) => boolean, gradients: boolean) => readonly Tensor[] | undefined;

export const ownRule: FusionRule = (node, soleUser, gradients) => node.operation.fuse?.(node, soleUser, gradients);

/**
 * Rebuilds a graph so that each node that can be joined to its input's producer is: an activation or dropout into the kernel
 * before it, an activation's gradient into the kernel that makes its argument. Sources stay the same tensors. The rules are the
 * operations' own (`fuse`, `absorb`), or `rule` where it is given; a tensor that something else uses, or that is asked for, is never
 * folded away. With `gradients`, for a graph that is differentiated next, nor is one that a gradient will need.
 */
export function fuse(outputs: readonly Tensor[], { gradients = false, rule = ownRule } = {}): Tensor[] {
  const users = new Map<Tensor, number>();
  const count = (tensor: Tensor) => users.set(tensor, (users.get(tensor) ?? 0) + 1);
  const order = topological(outputs);
  for (const node of order) for (const input of Object.values(node.inputs)) count(input);
  for (const tensor of outputs) count(tensor);

  const replaced = new Map<Tensor, Tensor>();
  const original = new Map<Tensor, Tensor>();
  const current = (tensor: Tensor): Tensor => {
    const next = replaced.get(tensor);
    return next ? current(next) : tensor;
  };
  const replace = (tensor: Tensor, now: Tensor) => {
    replaced.set(tensor, now);
    original.set(now, original.get(tensor) ?? tensor);
  };
  const soleUser = (tensor: Tensor) => users.get(original.get(tensor) ?? tensor) === 1;
  for (const node of order) {
    const rebuilt = withInputs(node, current);
    const joint = rule(rebuilt, soleUser, gradients);
    node.outputs.forEach((tensor, index) => {
      const now = joint?.[index] ?? rebuilt.outputs[index];
      if (now && now !== tensor) replace(tensor, now);
    });
    // The producer that took the node in exists anew: its other outputs too come from the new one.
    const taken = joint?.[0] && behindAliases(joint[0]);
    if (!taken) continue;
    for (const producer of new Set(Object.values(rebuilt.inputs).map((tensor) => behindAliases(tensor).node)))
      if (producer.operation === taken.node.operation && producer !== taken.node && producer.outputs.length > 1)
        producer.outputs.forEach((tensor, index) => {
          const now = taken.node.outputs[index];
          if (now && index !== taken.index) replace(tensor, now);
        });
  }
  return outputs.map(current);
}

/** The tensor whose elements a reshape or slice shows. */
function behindAliases(tensor: Tensor): Tensor {
  const alias = tensor.node.operation.alias?.(tensor.node);
  return alias ? behindAliases(required(tensor.node, alias.input)) : tensor;
}
