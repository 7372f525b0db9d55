import { modelHash } from '../model/hash.ts';
import { confirmsLength, score } from './best.ts';
import { excess } from './costs.ts';
import { type Candidate, paretoFront } from './front.ts';
import { fullLength, type Problem, type Proposal, type Strategy } from './strategy.ts';
import { atBestRate, meanAccuracy, type TrialRecord } from './trial.ts';

/** Of the networks of the front, at most so many are trained from all seeds at the end. */
const MOST = 8;

interface Point extends Candidate {
  readonly record: TrialRecord;
}

/** Trials of full length on the front of cost against mean validation accuracy; one a network, that from most seeds. */
export function fullFront(problem: Problem, records: readonly TrialRecord[]): TrialRecord[] {
  return frontFrom(fullLength(problem), problem, records);
}

function frontFrom(samples: number, problem: Problem, records: readonly TrialRecord[]): TrialRecord[] {
  const points = new Map<string, Point>();
  for (const record of records) {
    const accuracy = meanAccuracy(record);
    if (record.samples < samples || accuracy === undefined || excess(problem.objective, record.costs)) continue;
    const hash = modelHash(record.model);
    const known = points.get(hash)?.record;
    if (!known || record.seeds.length > known.seeds.length) points.set(hash, { record, cost: score(problem, record), accuracy });
  }
  return paretoFront([...points.values()]).map(({ record }) => record);
}

/**
 * What ends a search: the networks of the front that were trained at full length from too few seeds to tell are trained from all,
 * so that every network of the front that is reported stands on as many. Where that moves the front, its new networks follow. Where
 * the budget was too small for any training of full length, it is the front of the longest ones.
 */
export const finish: Strategy = {
  name: 'finish',
  propose(problem, { records, pending }): Proposal | undefined {
    const all = [...records, ...pending];
    const searched = all.reduce((last, { origin }, index) => (origin.strategy === 'finish' ? last : index), -1);
    if (all.length - 1 - searched >= MOST) return undefined;
    const asked = new Set(all.filter((trial) => confirmsLength(problem, trial)).map(({ model }) => modelHash(model)));
    const longest = Math.max(...records.filter(({ outcome }) => outcome.status === 'trained').map(({ samples }) => samples));
    const open = frontFrom(Math.min(longest, fullLength(problem)), problem, records).filter(
      ({ model }) => !asked.has(modelHash(model)),
    );
    const record = open[Math.floor(open.length / 2)];
    const rate = record && atBestRate(record)?.rate;
    if (!record || rate === undefined) return undefined;
    const { family } = record.origin;
    const origin = {
      strategy: 'finish',
      parent: record.key,
      change: 'of the front, from all seeds',
      ...(family !== undefined && { family }),
    };
    return { model: record.model, samples: fullLength(problem), seeds: problem.seeds, rates: [rate], origin };
  },
};
