/** A network's cost and how good it is. */
export interface Candidate {
  readonly cost: number;
  readonly accuracy: number;
}

/** Those that no other beats in cost without losing accuracy, nor in accuracy without costing more, by rising cost; of equals the first. */
export function paretoFront<T extends Candidate>(candidates: readonly T[]): T[] {
  const order = candidates
    .map((candidate, index) => ({ candidate, index }))
    .filter(({ candidate: { cost, accuracy } }) => Number.isFinite(cost) && Number.isFinite(accuracy))
    .sort((a, b) => a.candidate.cost - b.candidate.cost || b.candidate.accuracy - a.candidate.accuracy || a.index - b.index);
  const front: T[] = [];
  for (const { candidate } of order) if (candidate.accuracy > (front.at(-1)?.accuracy ?? -Infinity)) front.push(candidate);
  return front;
}

/**
 * Dhingra's s(f), section III: the least cost that reaches an accuracy of f or more, which falls nowhere as f rises. Undefined
 * where nothing reaches it.
 */
export function leastCost(candidates: readonly Candidate[], floor: number): number | undefined {
  const costs = candidates.filter(({ accuracy }) => accuracy >= floor).map(({ cost }) => cost);
  return costs.length === 0 ? undefined : Math.min(...costs);
}
