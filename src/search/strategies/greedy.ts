import { modelHash } from '../../model/hash.ts';
import type { Model } from '../../model/types.ts';
import { bestOf, score } from '../best.ts';
import { costing } from '../costing.ts';
import { excess } from '../costs.ts';
import { drawUntried } from '../space/draw.ts';
import { fittingModel, shapeAfter } from '../space/fitting.ts';
import { editsOf } from '../space/layers/registry.ts';
import { fitResiduals } from '../space/residuals.ts';
import { outputIndex } from '../space/structure.ts';
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
    const smaller = steps(from.model)
      .map((step) => ({ ...step, costs: costs(step.model) }))
      .filter((step) => score(problem, step) < score(problem, from) && !excess(problem.objective, step.costs))
      .sort((a, b) => score(problem, a) - score(problem, b));
    for (const { model: next, change } of smaller)
      if (!tried.has(modelHash(next)))
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

/** The start, or, where there is none or it does not hold the floor, networks drawn until one does. */
function first(problem: Problem, history: History, tried: ReadonlySet<string>): Proposal | undefined {
  const { start, seeds } = problem;
  const isNew = start && !tried.has(modelHash(start)) && !excess(problem.objective, costing(problem, history)(start));
  const chosen = isNew ? start : drawUntried(problem, history);
  const origin = { strategy: 'greedy', change: isNew ? 'the start' : 'drawn' };
  return chosen && { model: chosen, samples: fullLength(problem), seeds, rates: [usualRate(problem)], origin };
}

/** Every network that is one step of the framework away. */
function steps(m: Model): { readonly model: Model; readonly change: string }[] {
  const classes = shapeAfter(m.input, m.layers)?.join();
  const output = outputIndex(m.layers);
  return m.layers.flatMap((layer, index) =>
    (editsOf(layer).reductions?.(layer, index === output) ?? []).flatMap(({ to, change }) => {
      const layers = fitResiduals(m.input, [...m.layers.slice(0, index), ...to, ...m.layers.slice(index + 1)]);
      if (shapeAfter(m.input, layers)?.join() !== classes) return [];
      const smaller = fittingModel(m.input, layers);
      return smaller ? [{ model: smaller, change }] : [];
    }),
  );
}
