import type { Model } from '../model/types.ts';
import { type Costs, costsOf, type Objective } from './costs.ts';
import { linearLeastSquares } from './fits/linear.ts';
import type { History, Problem } from './strategy.ts';

export function countsLatency(objective: Objective): boolean {
  const { weights, limits } = objective;
  return (weights.latency ?? 0) > 0 || limits.latency !== undefined;
}

/** Measured networks from which a latency is predicted. */
const LEAST_MEASURED = 8;

/** What a network will cost. Where latencies count, they are predicted from those of the trials. */
export function costing({ objective }: Problem, { records }: History): (m: Model) => Costs {
  if (!countsLatency(objective)) return costsOf;
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
  return (m) => {
    const costs = costsOf(m);
    const predicted = fitted && features(m, costs).reduce((sum, value, index) => sum + value * (fitted[index] ?? 0), 0);
    // Before enough is known: a million multiply-accumulates a millisecond, which orders networks about right.
    return { ...costs, latency: predicted === undefined ? costs.macs / 1e6 : Math.max(predicted, least / 2) };
  };
}

/** What an inference takes time for: being started, each layer, arithmetic, and moving activations. */
function features({ layers }: Model, { macs, activations }: Costs): number[] {
  return [1, layers.length, macs / 1e6, activations / 1e6];
}
