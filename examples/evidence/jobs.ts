import { join } from 'node:path';
import { PartialFiles } from '../table/partial.ts';
import type { Finished } from '../table/store.ts';
import type { Row } from '../table/table.ts';
import { costOf, type Estimate, estimate, type Measurement } from './estimate.ts';
import type { Known } from './known.ts';
import { type Addition, ordered } from './order.ts';
import type { Place, Wanted } from './wanted.ts';

/** A row that is not at its wanted length, or only from its first seed. */
export interface Job extends Addition {
  readonly row: Row;
  /** The first is where it is run. */
  readonly places: readonly Place[];
  /** The row from fewer seeds, to which the others are added; absent where all are trained. */
  readonly begun?: Finished;
  /** Whether it can be run now: further seeds wait for the first. */
  readonly ready: boolean;
  readonly resumes: boolean;
  /** Share of it from which an interrupted run goes on. */
  readonly done: number;
  readonly estimate?: Estimate;
}

export interface Situation {
  readonly wanted: readonly Wanted[];
  readonly known: Known;
  readonly measured: readonly Measurement[];
  readonly adapter: string;
  readonly version: string;
  /** Where rows are run: a folder a table. */
  readonly folder: string;
}

/** What is left to train, the best first. */
export async function jobsLeft(situation: Situation): Promise<Job[]> {
  return ordered((await Promise.all(situation.wanted.map((one) => jobsOf(one, situation)))).flat());
}

async function jobsOf(wanted: Wanted, { known, measured, adapter, version, folder }: Situation): Promise<Job[]> {
  const { whole, first, places } = wanted;
  if (known.find(whole)) return [];
  const begun = first && known.find(first);
  const job = async (row: Row, cost: number, more: Pick<Job, 'from' | 'to' | 'begun' | 'ready'>): Promise<Job> => {
    const partial = await new PartialFiles(join(folder, places[0]?.table ?? ''), row).begun();
    return {
      ...more,
      row,
      places,
      resumes: row.resumes ?? false,
      done: partial.share,
      estimate: estimate(wanted, cost, adapter, measured, partial),
    };
  };
  if (!first) return [await job(whole, whole.cost, { from: 0, to: whole.seeds, ready: true })];
  // Seeds of one row are of one adapter and one version of the engine.
  const added = !begun || (begun.adapter.description === adapter && begun.versions.paredown === version);
  const further = await job(whole, costOf(wanted, whole.seeds) - (added ? first.cost : 0), {
    from: 1,
    to: whole.seeds,
    ready: begun !== undefined,
    ...(added && begun && { begun }),
  });
  return begun ? [further] : [await job(first, first.cost, { from: 0, to: 1, ready: true }), further];
}
