import { deviation, mean } from '../../core/statistics.ts';
import type { Interval } from '../../core/wilson.ts';
import { LEAST_SEEDS, lowerBound } from '../../search/bound.ts';
import type { AboveTest } from '../../search/conclusion.ts';
import { COST_NAMES, type CostName, type Costs, type Objective } from '../../search/costs.ts';
import { formatPlain } from '../format.ts';

export const COST_TITLES: Readonly<Record<CostName, string>> = {
  parameters: 'parameters',
  macs: 'multiply-accumulates',
  activations: 'activation bytes',
  bytes: 'weight bytes',
  latency: 'ms of latency',
};

/** What stands where there is no number. */
export const NOTHING = '\u2013';

/** 0.9929 as `99.29%`, always with two decimals, so that a column lines up. */
export function percent(fraction: number | undefined): string {
  return fraction === undefined || !Number.isFinite(fraction) ? NOTHING : `${(100 * fraction).toFixed(2)}%`;
}

/** Points of a percent, such as a standard deviation: 0.0012 as `0.12`. */
export function points(fraction: number | undefined): string {
  return fraction === undefined || !Number.isFinite(fraction) ? NOTHING : (100 * fraction).toFixed(2);
}

/** 20000 as `20,000`; a mix of costs, or a time, to four digits. */
export function count(value: number | undefined): string {
  if (value === undefined) return NOTHING;
  return Number.isInteger(value) ? formatPlain(value) : formatPlain(Number(value.toPrecision(4)));
}

/** Costs that are known of at least one of these networks. */
export function knownCosts(networks: readonly { readonly costs: Partial<Costs> }[]): CostName[] {
  return COST_NAMES.filter((name) => networks.some(({ costs }) => costs[name] !== undefined));
}

/** NaN for no values; of an even number the upper one of the two in the middle. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** `1 network`, `2 networks`. */
export function several(number: number, one: string, more = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : more}`;
}

/** What is made small, in words: the name of one cost, or the sum. */
export function objectiveName({ weights }: Objective): string {
  const terms = COST_NAMES.flatMap((name) => ((weights[name] ?? 0) > 0 ? [[name, weights[name] ?? 0] as const] : []));
  const [only] = terms;
  if (only && terms.length === 1 && only[1] === 1) return COST_TITLES[only[0]];
  return terms.map(([name, weight]) => `${weight} x ${COST_TITLES[name]}`).join(' + ');
}

/** The number that is made small, where every cost that it needs is known. */
export function scoreOfSome({ weights }: Objective, costs: Partial<Costs>): number | undefined {
  let sum = 0;
  for (const name of COST_NAMES) {
    const weight = weights[name] ?? 0;
    const cost = costs[name];
    if (weight > 0 && cost === undefined) return undefined;
    sum += weight * (cost ?? 0);
  }
  return sum;
}

/** `95.64 ± 0.40%`; a single value without its deviation. */
export function spread(values: readonly number[]): string {
  const middle = mean(values);
  if (!Number.isFinite(middle)) return NOTHING;
  return values.length < 2 ? percent(middle) : `${points(middle)} \u00b1 ${points(deviation(values))}%`;
}

/** `94.1 to 96.0%`. */
export function range(interval: Interval | undefined): string {
  if (!interval || !Number.isFinite(interval.low)) return NOTHING;
  return `${points(interval.low)} to ${percent(interval.high)}`;
}

/** How far validation and test lay apart, in a sentence. */
export function apart(above: AboveTest | undefined): string[] {
  if (!above) return [];
  const { networks, validation, confirmation } = above;
  const where = (gap: number) => `${points(Math.abs(gap))} points ${gap < 0 ? 'below' : 'above'}`;
  const kept = confirmation === undefined ? '' : `, that of the images kept back ${where(confirmation)} it`;
  return [`On the mean of ${several(networks, 'network')} validation accuracy lay ${where(validation)} test accuracy${kept}.`];
}

/** By what the floor is judged, in words. */
export function judgedOn({ confirmation }: { readonly confirmation?: readonly number[] }): string {
  return confirmation ? 'images that no trial was chosen by' : 'validation data';
}

/** That a floor which is held lies inside of what the number of images leaves open, in a sentence; empty where it does not. */
export function openFloor(floor: number, interval: Interval | undefined, samples: number | undefined): string[] {
  if (!interval || samples === undefined || !(interval.low <= floor)) return [];
  return [
    `The floor of ${percent(floor)} holds on these ${count(samples)} images; their own interval is ${range(interval)}: on all such images it may lie below.`,
  ];
}

/** What accuracies of several seeds say of a floor. */
export type Verdict = 'holds' | 'unproven' | 'below' | 'unknown';

export function verdictOn(accuracies: readonly number[], floor: number): Verdict {
  const middle = mean(accuracies);
  if (!Number.isFinite(middle)) return 'unknown';
  if (middle < floor) return 'below';
  const bound = lowerBound(accuracies);
  return accuracies.length >= LEAST_SEEDS && bound !== undefined && bound > floor ? 'holds' : 'unproven';
}

export const VERDICTS: Readonly<Record<Verdict, string>> = {
  holds: 'holds',
  unproven: 'mean only',
  below: 'below',
  unknown: 'not measured',
};

/** Which test set was looked at, in sentences, where it is not only the present one. */
export function aboutTestSets({ conclusion, isOfUnknown, others }: Looked): string[] {
  const last = others.at(-1);
  const which = others.every(({ testHash }) => testHash === undefined)
    ? 'A test set of which no hash was kept'
    : 'Another test set';
  const often = others.length === 1 ? 'once' : `${others.length} times, last`;
  return [
    ...(isOfUnknown
      ? ['No hash of it was kept: whether it is the present one is not known. The search, given again, looks anew.']
      : []),
    ...(last
      ? [
          `${which} was looked at ${often} on ${when(last.date)}${conclusion ? '.' : ', and its figures are not shown. The search, given again, looks anew.'}`,
        ]
      : []),
  ];
}

interface Looked {
  readonly conclusion?: object;
  readonly isOfUnknown: boolean;
  readonly others: readonly { readonly date: string; readonly testHash?: string }[];
}

/** A time in ISO 8601 as a person reads it: `2026-11-21 14:00 UTC`; what is no such time as it is. */
export function when(date: string): string {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z$/.exec(date);
  return parts ? `${parts[1]} ${parts[2]} UTC` : date;
}

/** `0.4 s`, `12 s`, `3.5 min`, `2.1 h`. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
