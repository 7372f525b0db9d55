import type { Costs } from './costs.ts';

/** A network whose accuracy is known. */
export interface Known {
  readonly costs: Costs;
  readonly depth: number;
  readonly accuracy: number;
}

const NEIGHBOURS = 5;

/**
 * A guess at the accuracy of a network from those that cost about as much: the mean of the nearest, by parameters, arithmetic,
 * activations (each as its logarithm) and depth. Undefined where nothing is known.
 */
export function guess(costs: Costs, depth: number, known: readonly Known[]): number | undefined {
  const point = features(costs, depth);
  const nearest = known
    .map((item) => ({ accuracy: item.accuracy, distance: distance(point, features(item.costs, item.depth)) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, NEIGHBOURS);
  const weights = nearest.map((item) => 1 / (0.05 + item.distance));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return undefined;
  return nearest.reduce((sum, { accuracy }, index) => sum + accuracy * (weights[index] ?? 0), 0) / total;
}

function features({ parameters, macs, activations }: Costs, depth: number): number[] {
  return [Math.log(1 + parameters), 0.5 * Math.log(1 + macs), 0.5 * Math.log(1 + activations), 0.3 * depth];
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, index) => value - (b[index] ?? 0)));
}
