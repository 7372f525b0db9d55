import { mean } from '../../core/statistics.ts';
import { score } from '../../search/best.ts';
import { LEAST_SEEDS, lowerBound } from '../../search/bound.ts';
import { Fitness } from '../../search/fitness.ts';
import { type Problem, reductionAfter } from '../../search/strategy.ts';
import { atBestRate, deciding, meanAccuracy, type TrialRecord } from '../../search/trial.ts';
import type { Facts } from './facts.ts';
import { count, percent, points } from './text.ts';

/** What became of a trial, judged at the end of the study. */
export type TrialStatus =
  | 'best'
  | 'went on'
  | 'larger'
  | 'not among the best'
  | 'mean below'
  | 'bound below'
  | 'handed down'
  | 'open'
  | 'stopped'
  | 'diverged'
  | 'refused';

export const STATUSES: readonly { readonly status: TrialStatus; readonly title: string; readonly meaning: string }[] = [
  { status: 'best', title: 'the answer', meaning: 'The smallest network that holds the floor.' },
  { status: 'went on', title: 'went on', meaning: 'The same network was then trained for longer, or from more seeds.' },
  {
    status: 'not among the best',
    title: 'not among the best',
    meaning: 'After so short a training, enough others of its length, and of its population, promised more.',
  },
  { status: 'larger', title: 'not smaller', meaning: 'Not smaller than the best that holds the floor.' },
  { status: 'mean below', title: 'mean below the floor', meaning: 'At full length, its mean accuracy is below the floor.' },
  {
    status: 'bound below',
    title: 'bound below the floor',
    meaning: 'At full length its mean reaches the floor, but the bound does not: seeds differ too much to tell.',
  },
  {
    status: 'handed down',
    title: 'with handed-down weights',
    meaning: 'Trained on from weights of another network: what its own comes to from nothing is not known by that.',
  },
  { status: 'open', title: 'still open', meaning: 'The study ended before it was trained for longer, or from all seeds.' },
  {
    status: 'stopped',
    title: 'stopped',
    meaning: 'Its training was ended before its length: it learned nothing, could not come near the floor, or took too long.',
  },
  { status: 'diverged', title: 'diverged', meaning: 'Its loss became no number, in training or on validation data.' },
  { status: 'refused', title: 'refused', meaning: "It exceeds the adapter's limits, or its process ended again and again." },
];

export interface Judged {
  readonly status: TrialStatus;
  /** In words, with the numbers of this trial. */
  readonly reason: string;
}

/** What became of each trial and why, from the records alone. */
export function statusesOf(problem: Problem, records: readonly TrialRecord[], facts: Facts): Judged[] {
  const { hashes, full } = facts;
  const best = facts.newer ?? facts.best;
  const bestCost = best?.cost ?? Number.POSITIVE_INFINITY;
  const front = new Set([...facts.front, ...facts.finalists].map(({ key }) => key));
  const ranks = ranksOf(problem, records);
  const longest = new Map<string, TrialRecord>();
  records.forEach((record, index) => {
    const hash = hashes[index] ?? '';
    const other = longest.get(hash);
    if (!other || isMore(record, other)) longest.set(hash, record);
  });
  return records.map((record, index): Judged => {
    const { outcome, key, samples, seeds } = record;
    if (outcome.status !== 'trained') return { status: outcome.status, reason: outcome.reason };
    if (key === best?.key) return { status: 'best', reason: 'the smallest that holds the floor' };
    const more = longest.get(hashes[index] ?? '');
    if (more && more !== record && isMore(more, record))
      return { status: 'went on', reason: `to ${count(more.samples)} samples, ${seedText(more)}` };
    // Others are compared with their like, and go on from nothing.
    if (record.inherits && (samples >= full || record.origin.strategy === 'pare'))
      return { status: 'handed down', reason: handedDownText(problem, record) };
    const cost = score(problem, record);
    const onFront = front.has(key) ? '; on the front' : '';
    const larger: Judged = {
      status: 'larger',
      reason: `${count(cost)}: not smaller than the best that holds, ${count(bestCost)}${onFront}`,
    };
    if (samples < full) {
      const { rank, of } = ranks.get(record) ?? { rank: 0, of: 0 };
      const reduction = reductionAfter(problem, samples);
      if (of >= reduction && rank > Math.floor(of / reduction))
        return {
          status: 'not among the best',
          reason: `rank ${count(rank)} of ${count(of)} of its length${populationOf(record)}`,
        };
      if (cost >= bestCost) return larger;
      return { status: 'open', reason: 'among the best; the study ended before it was trained for longer' };
    }
    const atBest = atBestRate(record);
    const accuracy = atBest?.accuracy ?? [];
    const middle = mean(accuracy);
    if (!(middle >= problem.floor)) {
      const short = accuracy.length === 0 ? '' : `, ${points(problem.floor - middle)} points below the floor${onFront}`;
      return { status: 'mean below', reason: `mean ${percent(middle)}${short}` };
    }
    if (cost >= bestCost) return larger;
    if (seeds.length < LEAST_SEEDS)
      return { status: 'open', reason: `reaches the floor from ${seedText(record)}; the study ended before there were more` };
    return {
      status: 'bound below',
      reason: `mean ${percent(middle)}, bound ${percent(atBest && lowerBound(deciding(atBest)))}${onFront}`,
    };
  });
}

function populationOf({ origin: { family } }: TrialRecord): string {
  return family === undefined ? '' : `, of population ${family + 1}`;
}

function handedDownText({ floor }: Problem, record: TrialRecord): string {
  const middle = meanAccuracy(record) ?? Number.NaN;
  const below = middle < floor ? `, ${points(floor - middle)} points below the floor` : '';
  return `mean ${percent(middle)}${below}`;
}

function isMore(a: TrialRecord, b: TrialRecord): boolean {
  return a.samples > b.samples || (a.samples === b.samples && a.seeds.length > b.seeds.length);
}

function seedText({ seeds }: TrialRecord): string {
  return seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`;
}

/** The rank of each trained trial among those of its population, its length and its number of seeds, and with weights handed down or without, the most promising first. */
function ranksOf(problem: Problem, records: readonly TrialRecord[]) {
  const fitness = new Fitness(problem, records);
  const groups = new Map<string, TrialRecord[]>();
  for (const record of records.filter(({ outcome }) => outcome.status === 'trained')) {
    const group = `${record.origin.family ?? 0} ${record.samples} ${record.seeds.length === 1} ${record.inherits !== undefined}`;
    const others = groups.get(group);
    if (others) others.push(record);
    else groups.set(group, [record]);
  }
  const ranks = new Map<TrialRecord, { readonly rank: number; readonly of: number }>();
  for (const group of groups.values()) {
    const order = [...group].sort((a, b) => fitness.of(a) - fitness.of(b));
    order.forEach((record, index) => {
      ranks.set(record, { rank: index + 1, of: order.length });
    });
  }
  return ranks;
}
