import type { ResolvedLayer } from '../model/resolve.ts';

/** A stretch of two lists of layers: some of the parent's that the child has not, some of the child's own, then one that both have. */
export interface Stretch {
  readonly removed: readonly ResolvedLayer[];
  readonly inserted: readonly ResolvedLayer[];
  /** None at the end of the lists. */
  readonly kept?: { readonly parent: ResolvedLayer; readonly child: ResolvedLayer };
}

/**
 * Two lists of layers side by side, so that those that are kept are as alike as can be, in order (Needleman and Wunsch, 1970).
 * `likeness`: above 0 for layers of which one can be made of the other.
 */
export function aligned(
  parents: readonly ResolvedLayer[],
  children: readonly ResolvedLayer[],
  likeness: (parent: ResolvedLayer, child: ResolvedLayer) => number,
): Stretch[] {
  const columns = children.length + 1;
  const best = new Float64Array((parents.length + 1) * columns);
  const at = (i: number, j: number) => best[i * columns + j] ?? 0;
  const alike = parents.map((parent) => children.map((child) => likeness(parent, child)));
  for (let i = parents.length - 1; i >= 0; i--)
    for (let j = children.length - 1; j >= 0; j--) {
      const points = alike[i]?.[j] ?? 0;
      best[i * columns + j] = Math.max(at(i + 1, j), at(i, j + 1), points > 0 ? points + at(i + 1, j + 1) : 0);
    }
  const stretches: Stretch[] = [];
  let [removed, inserted]: [ResolvedLayer[], ResolvedLayer[]] = [[], []];
  let [i, j] = [0, 0];
  for (;;) {
    const [parent, child] = [parents[i], children[j]];
    const points = parent && child ? (alike[i]?.[j] ?? 0) : 0;
    if (parent && child && points > 0 && at(i, j) === points + at(i + 1, j + 1)) {
      stretches.push({ removed, inserted, kept: { parent, child } });
      [removed, inserted] = [[], []];
      [i, j] = [i + 1, j + 1];
    } else if (parent && (!child || at(i, j) === at(i + 1, j))) {
      removed.push(parent);
      i++;
    } else if (child) {
      inserted.push(child);
      j++;
    } else break;
  }
  stretches.push({ removed, inserted });
  return stretches;
}
