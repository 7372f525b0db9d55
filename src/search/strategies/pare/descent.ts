import { mean } from '../../../core/statistics.ts';
import { isFullLength, score, targetAccuracy } from '../../best.ts';
import type { Problem } from '../../strategy.ts';
import { atBestRate, candidateOf, knownAccuracy, meanAccuracy, type Trial, type TrialRecord } from '../../trial.ts';

/** What a network comes to from nothing at full length. */
export interface Check {
  /** From all its seeds; 0 for those that did not come to their end. */
  readonly accuracy: number;
  readonly seeds: number;
  /** The first such training. */
  readonly record: TrialRecord;
}

/** The networks that a descent went down by, each with the weights of the one before. */
export interface Descent {
  /** The start, then ever smaller ones that reach the floor. */
  readonly chain: readonly TrialRecord[];
  /** By `candidateOf`. */
  readonly checks: ReadonlyMap<string, Check>;
}

/** As no confirmation moves it, what was accepted stays so. */
export function enough(problem: Problem): number {
  return targetAccuracy(problem, []);
}

export function isOfDescent({ origin }: Pick<Trial, 'origin'>): boolean {
  return origin.strategy === 'pare';
}

/** Without it there is no descent. */
export function isStartOfDescent(trial: Pick<Trial, 'origin'>): boolean {
  return isOfDescent(trial) && trial.origin.change === START;
}

/** What the trials so far say. A network that was tried beside others and is larger than what came of those is passed over. */
export function descentOf(problem: Problem, records: readonly TrialRecord[]): Descent {
  const chain: TrialRecord[] = [];
  const checks = new Map<string, Check>();
  const least = enough(problem);
  for (const record of records) {
    if (isFullLength(problem, record)) checks.set(candidateOf(record), withTraining(checks.get(candidateOf(record)), record));
    const accuracy = meanAccuracy(record);
    if (accuracy === undefined) continue;
    const last = chain.at(-1);

    const begins = chain.length === 0 && isStartOfDescent(record);
    const smaller = last && record.inherits && isOfDescent(record) && score(problem, record) < score(problem, last);
    if ((begins || smaller) && accuracy >= least) chain.push(record);
  }
  return { chain, checks };
}

function withTraining(check: Check | undefined, record: TrialRecord): Check {
  const accuracy = atBestRate(record)?.accuracy ?? record.seeds.map(() => 0);
  if (!check) return { accuracy: mean(accuracy), seeds: accuracy.length, record };
  const seeds = check.seeds + accuracy.length;
  return { ...check, accuracy: (check.accuracy * check.seeds + mean(accuracy) * accuracy.length) / seeds, seeds };
}

/** A network is far from holding from nothing where that leaves so many times the error that the floor allows: less may be chance. */
const FAR = 1.5;

/** What the clock stopped before it was known to learn tells nothing of smaller networks, which train faster. */
export function isFar({ floor }: Problem, { accuracy, seeds, record }: Check): boolean {
  const { status } = record.outcome;
  const reached = seeds === record.seeds.length && status === 'stopped' ? knownAccuracy(record)?.accuracy : accuracy;
  return status !== 'refused' && reached !== undefined && 1 - reached > FAR * (1 - floor);
}

interface Between {
  /** Of the largest network below those that hold from nothing that is known not to. */
  readonly high: Check | undefined;
  /** What lies between. */
  readonly open: readonly TrialRecord[];
}

function between(problem: Problem, { chain, checks }: Descent): Between {
  const least = enough(problem);
  const known = chain.map((record) => checks.get(candidateOf(record)));
  const low = known.reduce((last, check, index) => (check && check.accuracy >= least ? index : last), -1);
  const high = known.findIndex((check, index) => index > low && check !== undefined);
  return { high: known[high], open: chain.slice(low + 1, high < 0 ? undefined : high) };
}

/**
 * What is to be trained from nothing next: between the smallest network of the chain that holds so and the largest below it that does
 * not, the middle one; the last of the chain where none is known not to.
 */
export function nextCheck(problem: Problem, descent: Descent): TrialRecord | undefined {
  const { high, open } = between(problem, descent);
  return high ? open[Math.floor(open.length / 2)] : open.at(-1);
}

/** The network above which the answer would be looked for, where it is by one seed, and near enough that this may be chance. */
export function doubtful(problem: Problem, descent: Descent): TrialRecord | undefined {
  const { high } = between(problem, descent);
  return high?.seeds === 1 && high.record.outcome.status === 'trained' && !isFar(problem, high) ? high.record : undefined;
}

/** What trials of the start are called. */
export const START = 'the start';
