import type { Trial } from '../../search/trial.ts';

/** Trials are kept apart by their work, so that a slow worker can take small ones: lane 0 ends at the first of these, and so on. */
const EDGES = [1e10, 1e11, 1e12];

export const LANES = EDGES.length + 1;

/** Multiply-accumulates of all forward passes of a training: what a trial takes, but for a factor that all have. */
export function forwardWorkOf({ costs, samples, seeds, rates }: Pick<Trial, 'costs' | 'samples' | 'seeds' | 'rates'>): number {
  return costs.macs * samples * seeds.length * rates.length;
}

export function laneOf(trial: Parameters<typeof forwardWorkOf>[0]): number {
  const work = forwardWorkOf(trial);
  return EDGES.filter((edge) => work >= edge).length;
}
