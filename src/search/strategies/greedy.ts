import { ShapeError } from '../../core/errors.ts';
import { modelHash } from '../../model/hash.ts';
import { avgPool2d, maxPool2d } from '../../model/layers.ts';
import { model } from '../../model/model.ts';
import type { Layer, Model } from '../../model/types.ts';
import { bestOf, score } from '../best.ts';
import { costing } from '../costing.ts';
import { excess } from '../costs.ts';
import { drawUntried } from '../space/draw.ts';
import { outputPlace } from '../space/places.ts';
import { fitResiduals } from '../space/residuals.ts';
import { shapeAfter } from '../space/sample.ts';
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
  const output = outputPlace(m.layers);
  return m.layers.flatMap((layer, place) =>
    stepsOf(layer, place === output).flatMap(({ to, change }) => {
      const layers = fitResiduals(m.input, [...m.layers.slice(0, place), ...to, ...m.layers.slice(place + 1)]);
      if (shapeAfter(m.input, layers)?.join() !== classes) return [];
      try {
        return [{ model: model(m.input, layers), change }];
      } catch (error) {
        if (error instanceof ShapeError) return [];
        throw error;
      }
    }),
  );
}

function stepsOf(layer: Layer, isOutput: boolean): { readonly to: readonly Layer[]; readonly change: string }[] {
  const half = (count: number) => Math.floor(count / 2);
  switch (layer.type) {
    case 'conv2d': {
      const { filters, kernel } = layer;
      const found = [];
      if (!isOutput) found.push({ to: [], change: `without ${filters} filters of ${kernel.join('x')}` });
      if (!isOutput && filters > 1)
        found.push({ to: [{ ...layer, filters: half(filters) }], change: `${filters} -> ${half(filters)} filters` });
      const size = Math.max(...kernel) - (Math.max(...kernel) > 2 ? 2 : 1);
      if (size >= 1)
        found.push({ to: [{ ...layer, kernel: [size, size] as const }], change: `${kernel.join('x')} -> ${size}x${size}` });
      return found;
    }
    case 'dense': {
      const { units } = layer;
      if (isOutput) return [];
      const without = { to: [], change: `without ${units} units` };
      return units > 1
        ? [without, { to: [{ ...layer, units: half(units) }], change: `${units} -> ${half(units)} units` }]
        : [without];
    }
    case 'maxPool2d':
    case 'avgPool2d': {
      const [height, width] = layer.size;
      const larger = [height + 1, width + 1] as const;
      const pool = layer.type === 'maxPool2d' ? maxPool2d(larger) : avgPool2d(larger);
      return [{ to: [pool], change: `pool ${height}x${width} -> ${larger.join('x')}` }];
    }
    case 'depthwiseConv2d':
    case 'branch':
    case 'residual':
    case 'batchNorm':
    case 'dropout':
      return [{ to: [], change: `without a ${layer.type}` }];
    default:
      return [];
  }
}
