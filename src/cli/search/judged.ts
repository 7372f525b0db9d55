import { atBestRate, lowerBound, type Problem, type StudySettings, statistics, type TrialRecord } from 'paredown/node';
import { grouped, percent } from '../common/format.ts';
import { exactPercent } from './values.ts';

/** What says whether a network holds the floor, and how surely. */
export interface Judged {
  readonly data: 'confirmation' | 'validation';
  readonly samples: number;
  readonly seeds: number;
  /** The mean over the seeds. */
  readonly accuracy: number;
  /** The one-sided 95% bound of that mean, by what the seeds leave open; undefined for a single seed. */
  readonly bound?: number;
  /** The 95% interval of the accuracy, by what so many samples leave open. */
  readonly interval: { readonly low: number; readonly high: number };
  /** Whether the floor lies inside that interval: held on these images, it may not be on others. */
  readonly floorInInterval: boolean;
}

/** Undefined of what was not trained. */
export function judged(
  record: TrialRecord,
  { data }: Pick<StudySettings, 'data'>,
  { floor }: Pick<Problem, 'floor'>,
): Judged | undefined {
  const best = atBestRate(record);
  if (!best) return undefined;
  const { confirmation } = best;
  const samples = confirmation ? (data.confirmation ?? data.validation) : data.validation;
  const accuracies = confirmation ?? best.accuracy;
  const accuracy = statistics.mean(accuracies);
  const interval = statistics.wilsonInterval(accuracy, samples);
  return {
    data: confirmation ? 'confirmation' : 'validation',
    samples,
    seeds: accuracies.length,
    accuracy,
    bound: lowerBound(accuracies),
    interval,
    floorInInterval: interval.low <= floor && floor <= interval.high,
  };
}

/** In sentences, of a floor that was asked for. */
export function judgedInWords(
  { data, samples, seeds, accuracy, bound, interval, floorInInterval }: Judged,
  floor: number,
): string {
  const images = `${grouped(samples)} images ${data === 'confirmation' ? 'that no trial was chosen by' : 'that it was chosen by'}`;
  const mean = seeds === 1 ? 'from one seed' : `the mean of ${seeds} seeds`;
  const bounded = bound === undefined ? '' : `, 95% bound over the seeds ${percent(bound)}`;
  const range = `${percent(interval.low)} to ${percent(interval.high)}`;
  const holds = bound !== undefined && bound > floor && floorInInterval;
  const open = holds
    ? `. The floor of ${exactPercent(floor)} holds on these ${grouped(samples)} images; their own interval is ${range}: on all such images it may lie below.`
    : `; so many images leave ${range} open.`;
  return `Accuracy ${percent(accuracy)} on ${images}, ${mean}${bounded}${open}`;
}
