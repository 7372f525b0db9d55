import { bestOf, score } from '../best.ts';
import { costing } from '../costing.ts';
import { excess } from '../costs.ts';
import { drawUntried, drawUntriedPattern } from '../space/draw.ts';
import { functionHash } from '../space/function-hash.ts';
import { reductionsOf } from '../space/reductions.ts';
import { begun, fullLength, type History, type Problem, type Proposal, type Strategy, usualRate } from '../strategy.ts';

/**
 * Dhingra's design framework: from a network that holds the floor, drop a layer, halve a width, shrink a filter or enlarge a pool;
 * of what still holds the floor, keep what is smallest, and go on from there until nothing smaller holds.
 */
export const greedy: Strategy = {
  name: 'greedy',
  propose(problem, history): Proposal | undefined {
    const tried = begun(history);
    const from = bestOf(problem, history.records);
    if (!from) return first(problem, history, tried);
    const costs = costing(problem, history);
    const smaller = reductionsOf(from.model)
      .map((step) => ({ ...step, costs: costs(step.model) }))
      .filter((step) => score(problem, step) < score(problem, from) && !excess(problem.objective, step.costs))
      .sort((a, b) => score(problem, a) - score(problem, b));
    for (const { model: next, change } of smaller)
      if (!tried.has(functionHash(next)))
        return {
          model: next,
          samples: fullLength(problem),
          seeds: problem.seeds,
          rates: [usualRate(problem)],
          origin: { strategy: 'greedy', parent: from.key, change },
        };
    return undefined;
  },
};

/**
 * The start, or, where there is none or it does not hold the floor, networks drawn until one does: of patterns that are known to hold much in
 * few parameters, since each is trained at full length from all seeds.
 */
function first(problem: Problem, history: History, tried: ReadonlySet<string>): Proposal | undefined {
  const { start, seeds } = problem;
  const isNew = start && !tried.has(functionHash(start)) && !excess(problem.objective, costing(problem, history)(start));
  const pattern = isNew ? undefined : drawUntriedPattern(problem, history);
  const chosen = isNew ? start : (pattern ?? drawUntried(problem, history));
  const origin = { strategy: 'greedy', change: isNew ? 'the start' : pattern ? 'drawn of a known pattern' : 'drawn' };
  return chosen && { model: chosen, samples: fullLength(problem), seeds, rates: [usualRate(problem)], origin };
}
