import type { Model } from '../model/types.ts';
import { type Costs, costsOf, type Objective } from './costs.ts';
import { linearLeastSquares } from './fits/linear.ts';
import type { Leaving } from './leaving.ts';
import type { Recipe } from './recipe.ts';
import type { History, Problem } from './strategy.ts';
import type { TrialRecord } from './trial.ts';

export function countsLatency(objective: Objective): boolean {
  const { weights, limits } = objective;
  return (weights.latency ?? 0) > 0 || limits.latency !== undefined;
}

/** Measured networks from which a latency is predicted. */
const LEAST_MEASURED = 8;

/** What a network will cost, by a recipe. Where latencies or the bytes of files count, they are foretold from those of the trials. */
export function costing({ objective, leaves }: Problem, { records }: History): (m: Model, recipe?: Recipe) => Costs {
  const guessed = leaves ? guessedBytes(leaves, records) : (m: Model) => costsOf(m);
  if (!countsLatency(objective)) return guessed;
  const measured = records.flatMap(({ model, costs }) =>
    costs.latency === undefined ? [] : [{ features: features(model, costs), latency: costs.latency }],
  );
  const least = Math.min(...measured.map(({ latency }) => latency));
  const fitted =
    measured.length < LEAST_MEASURED
      ? undefined
      : linearLeastSquares(
          measured.map((item) => item.features),
          measured.map(({ latency }) => latency),
        );
  return (m, recipe) => {
    const costs = guessed(m, recipe);
    const predicted = fitted && features(m, costs).reduce((sum, value, index) => sum + value * (fitted[index] ?? 0), 0);
    // Before enough is known: a million multiply-accumulates a millisecond, which orders networks about right.
    return { ...costs, latency: predicted === undefined ? costs.macs / 1e6 : Math.max(predicted, least / 2) };
  };
}

/** What an inference takes time for: being started, each layer, arithmetic, and moving activations. */
function features({ layers }: Model, { macs, activations }: Costs): number[] {
  return [1, layers.length, macs / 1e6, activations / 1e6];
}

/** Guesses at bytes, times what files of the trials came to beside the guesses at them: in the middle. */
function guessedBytes(leaves: Leaving, records: readonly TrialRecord[]): (m: Model, recipe?: Recipe) => Costs {
  const ratios = records
    .filter(({ outcome }) => outcome.status === 'trained')
    .slice(-LATEST)
    .map(({ model, recipe, costs }) => costs.bytes / costsOf(model, recipe?.leaves ?? leaves).bytes)
    .sort((a, b) => a - b);
  const ratio = ratios[Math.floor(ratios.length / 2)] ?? 1;
  return (m, recipe) => {
    const costs = costsOf(m, recipe?.leaves ?? leaves);
    return { ...costs, bytes: Math.round(ratio * costs.bytes) };
  };
}

const LATEST = 25;
