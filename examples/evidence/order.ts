import type { Estimate } from './estimate.ts';
import type { Place } from './wanted.ts';

/** What a training adds: the rows that show it, from `from` seeds to `to`. */
export interface Addition {
  readonly places: readonly Pick<Place, 'rows'>[];
  readonly from: number;
  readonly to: number;
}

/**
 * What seeds of a row at its wanted length add. The first gives a figure where there was none, or only one of a shortened training: 1.
 * Further ones lower the variance of its mean, which is 1/n of a single training's: from `from` to `to` by 1/from - 1/to. So a first
 * seed comes before the second (1/2) and third (1/6) of another row that costs as much.
 */
export function gainOfSeeds(from: number, to: number): number {
  return (from === 0 ? 1 : 0) + 1 / Math.max(1, from) - 1 / to;
}

/** In tables: a row is worth its share of each table that shows it, so that a table of one row counts as much as one of 400. */
export function gain({ places, from, to }: Addition): number {
  return gainOfSeeds(from, to) * places.reduce((sum, { rows }) => sum + 1 / rows, 0);
}

/** By gain for the time that is left of each, the best first; those of no known time last, those of the same worth as they were. */
export function ordered<T extends Addition & { readonly estimate?: Estimate }>(jobs: readonly T[]): T[] {
  const worth = (job: T) => (job.estimate ? gain(job) / Math.max(1, job.estimate.ms) : 0);
  return jobs
    .map((job) => ({ job, worth: worth(job) }))
    .sort((a, b) => b.worth - a.worth)
    .map(({ job }) => job);
}

/**
 * Which of the ordered to train in the time that is left [without end]: the best that ends in it, and where none does, the best that
 * can go on another time. Undefined where there is none of either.
 */
export function next<T extends { readonly estimate?: Estimate; readonly resumes: boolean }>(
  jobs: readonly T[],
  leftMs = Number.POSITIVE_INFINITY,
): T | undefined {
  return jobs.find(({ estimate }) => (estimate?.ms ?? 0) <= leftMs) ?? jobs.find(({ resumes }) => resumes);
}
