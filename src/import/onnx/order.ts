import type { IrNode } from './ir.ts';

/** The nodes that lead to an output, each behind those that it reads. */
export function ordered(output: IrNode): IrNode[] {
  const order: IrNode[] = [];
  const seen = new Set<IrNode>();
  const open: { readonly node: IrNode; readonly isDone: boolean }[] = [{ node: output, isDone: false }];
  for (let entry = open.pop(); entry; entry = open.pop()) {
    if (entry.isDone) order.push(entry.node);
    if (entry.isDone || seen.has(entry.node)) continue;
    seen.add(entry.node);
    open.push({ node: entry.node, isDone: true });
    for (const input of [...entry.node.inputs].reverse()) if (!seen.has(input)) open.push({ node: input, isDone: false });
  }
  return order;
}

/** Who reads each node; one that reads it twice is there twice. The last node of an order is read by nobody. */
export function consumersOf(order: readonly IrNode[]): ReadonlyMap<IrNode, readonly IrNode[]> {
  const consumers = new Map<IrNode, IrNode[]>(order.map((node) => [node, []]));
  for (const node of order) for (const input of node.inputs) consumers.get(input)?.push(node);
  return consumers;
}
