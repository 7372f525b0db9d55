/** A network's cost and how good it is. */
export interface Candidate {
  readonly cost: number;
  readonly accuracy: number;
}

export function paretoFront<T extends Candidate>(candidates: readonly T[]): T[] {
  const order = candidates
    .map((candidate, index) => ({ candidate, index }))
    .filter(({ candidate: { cost, accuracy } }) => Number.isFinite(cost) && Number.isFinite(accuracy))
    .sort((a, b) => a.candidate.cost - b.candidate.cost || b.candidate.accuracy - a.candidate.accuracy || a.index - b.index);
  const front: T[] = [];
  for (const { candidate } of order) if (candidate.accuracy > (front.at(-1)?.accuracy ?? -Infinity)) front.push(candidate);
  return front;
}

export function leastCost(candidates: readonly Candidate[], floor: number): number | undefined {
  const costs = candidates.filter(({ accuracy }) => accuracy >= floor).map(({ cost }) => cost);
  return costs.length === 0 ? undefined : Math.min(...costs);
}
