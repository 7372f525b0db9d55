import type { IrNode } from './ir.ts';

interface Trie {
  readonly next: Map<IrNode, Trie>;
  node?: IrNode;
}

/**
 * Concatenations that begin with what another one has concatenated begin with that one: what a dense block, which concatenates all values
 * so far again and again, is in layers.
 */
export function withSharedPrefixes(order: readonly IrNode[]): IrNode[] {
  const root: Trie = { next: new Map() };
  const made = new Map<IrNode, IrNode>();
  return order.map((old) => {
    let node: IrNode = { ...old, inputs: old.inputs.map((input) => made.get(input) ?? input) };
    if (node.step.kind === 'concat') {
      let at = root;
      let longest = 0;
      let prefix: IrNode | undefined;
      node.inputs.forEach((input, index) => {
        const next = at.next.get(input) ?? { next: new Map() };
        at.next.set(input, next);
        at = next;
        if (at.node && index + 1 < node.inputs.length) [longest, prefix] = [index + 1, at.node];
      });
      if (prefix) node = { ...node, inputs: [prefix, ...node.inputs.slice(longest)] };
      at.node ??= node;
    }
    made.set(old, node);
    return node;
  });
}
