/** Things that each come from one other, but for the first. */
export class Tree<T> {
  private readonly entries = new Map<T, { readonly parent: T | undefined; readonly depth: number }>();

  add(node: T, parent?: T): void {
    this.entries.set(node, { parent, depth: parent === undefined ? 0 : this.depth(parent) + 1 });
  }

  /** The last one that all of these come from, or are. */
  common(first: T, others: readonly T[]): T {
    return others.reduce((a, b) => this.meeting(a, b), first);
  }

  /** Whether `node` comes from `above`, or is it. */
  comesFrom(above: T, node: T): boolean {
    let at: T | undefined = node;
    while (at !== undefined && this.depth(at) > this.depth(above)) at = this.entries.get(at)?.parent;
    return at === above;
  }

  private meeting(a: T, b: T): T {
    let [left, right] = [a, b];
    while (left !== right) {
      if (this.depth(left) < this.depth(right)) [left, right] = [right, left];
      const parent = this.entries.get(left)?.parent;
      if (parent === undefined) throw new Error('Two nodes that come from nothing common');
      left = parent;
    }
    return left;
  }

  private depth(node: T): number {
    return this.entries.get(node)?.depth ?? 0;
  }
}
