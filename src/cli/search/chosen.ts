import { bestOf, confirms, nearestOf, type Problem, type TrialRecord } from 'paredown/node';
import { UsageError } from '../common/usage-error.ts';

/** Which network of a study is meant. */
export interface Asked {
  /** Another than the study's. */
  readonly floor?: number;
  /** The number of a trial, from 1, or the beginning of its key. */
  readonly trial?: string;
}

export interface Chosen {
  /** With the floor that was asked for. */
  readonly problem: Problem;
  /** Of the network that is meant; undefined where none holds the floor. */
  readonly record?: TrialRecord;
  /** Whether it holds the floor. */
  readonly holds: boolean;
  /** What comes nearest, where none holds it. */
  readonly nearest?: TrialRecord;
}

/** So many characters of a key show it. */
const SHOWN = 8;

/** The beginning of a trial's key, by which it can be named. */
export function shortKey({ key }: Pick<TrialRecord, 'key'>): string {
  return key.slice(0, SHOWN);
}

/** Throws a UsageError for a trial that the study does not hold. */
export function choose(studied: Problem, records: readonly TrialRecord[], { floor, trial }: Asked): Chosen {
  const problem = floor === undefined ? studied : { ...studied, floor };
  if (trial !== undefined) {
    const record = trialNamed(trial, records);
    return { problem, record, holds: confirms(problem, record) };
  }
  const record = bestOf(problem, records);
  if (record) return { problem, record, holds: true };
  const nearest = nearestOf(problem, records);
  return { problem, holds: false, ...(nearest && { nearest }) };
}

function trialNamed(name: string, records: readonly TrialRecord[]): TrialRecord {
  const numbered = /^[1-9]\d*$/.test(name) ? records.find(({ number }) => number + 1 === Number(name)) : undefined;
  if (numbered) return numbered;
  const [found, ...others] = records.filter(({ key }) => key.startsWith(name.toLowerCase()));
  if (!found)
    throw new UsageError(
      `--trial ${name}: the study holds no trial of this number or with such a key; the lines of a search and its front show the numbers, trials.jsonl both, such as ${example(records)}`,
    );
  if (others.length > 0)
    throw new UsageError(
      `--trial ${name}: ${others.length + 1} keys begin so (${[found, ...others]
        .map(({ key }) => key)
        .slice(0, 3)
        .join(', ')}); give more of it`,
    );
  return found;
}

function example(records: readonly TrialRecord[]): string {
  const last = records.at(-1);
  return last ? `--trial ${last.number + 1} or --trial ${shortKey(last)}` : '--trial 1';
}
