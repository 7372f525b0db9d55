import { apply, type Node, type Tensor, topological } from './tensor.ts';

/**
 * Rebuilds a graph: `replace` says what stands for a tensor from then on, given the tensor as rebuilt so far. It is asked for each output
 * of each node, and for sources, inputs before users.
 */
export function rewritten(y: Tensor, replace: (original: Tensor, rebuilt: Tensor) => Tensor): Tensor {
  const now = new Map<Tensor, Tensor>();
  for (const node of topological([y])) {
    const rebuilt = withInputs(node, (tensor) => now.get(tensor) ?? tensor);
    node.outputs.forEach((tensor, index) => {
      now.set(tensor, replace(tensor, rebuilt.outputs[index] ?? tensor));
    });
  }
  return now.get(y) ?? y;
}

/** The node, or where another tensor stands for one of its inputs, a new one. */
export function withInputs(node: Node, current: (tensor: Tensor) => Tensor): Node {
  const inputs = Object.fromEntries(Object.entries(node.inputs).map(([name, tensor]) => [name, current(tensor)]));
  const same = Object.entries(inputs).every(([name, tensor]) => node.inputs[name] === tensor);
  return same ? node : apply(node.operation, inputs, node.attributes);
}
