import type { Pace } from './pace.ts';
import { isStartOfDescent } from './strategies/pare/descent.ts';
import { samplesOf, searched, type Trial, type TrialRecord } from './trial.ts';

/** Ends a search once one of them is spent, by all trials of the study together; without any, the strategy ends it. */
export interface Budget {
  /** Not counting those of the end, the front from all seeds. */
  readonly trials?: number;
  /** Training samples, over all replicas; not counting the end. A trial that was stopped counts as far as it was trained. */
  readonly samples?: number;
  /** Of the search and its end. */
  readonly minutes?: number;
  /** How many of them were spent before, by earlier runs [those of the study's trials / evaluators]. */
  readonly spentMinutes?: number;
}

/** A training from few seeds may take so much of a study's time, ... */
const SHARE = 1 / 12;
/** ... one that is longer than the full length so much, ... */
const LONGER_SHARE = 1 / 5;
/** ... one that confirms a network, or that a descent begins with, so much. */
const CONFIRMING_SHARE = 1 / 3;
/** Less than so long tells nothing of a network: its kernels may have to be compiled first. */
const LEAST_MS = 20_000;
/** Expected times may be off by so much: what only seems to take too long is tried. */
const DOUBT = 3;
/** Those of networks that were trained before are known better. */
const OWN_DOUBT = 1.2;

/** The time of a study: counts from what was spent before, and on from when this was made. */
export class BudgetClock {
  private readonly started = performance.now();
  private readonly before: number;

  /** `atOnce`: how many trials ran at once; `full`: training samples of a training of full length. */
  constructor(
    readonly budget: Budget,
    records: readonly TrialRecord[],
    atOnce: number,
    private readonly full = Number.POSITIVE_INFINITY,
  ) {
    const { spentMinutes } = budget;
    this.before =
      spentMinutes === undefined ? records.reduce((sum, { wallMs }) => sum + wallMs, 0) / atOnce : 60_000 * spentMinutes;
  }

  get isLimited(): boolean {
    return this.budget.minutes !== undefined;
  }

  /** Infinite without a budget of time. */
  get msLeft(): number {
    const { minutes = Number.POSITIVE_INFINITY } = this.budget;
    return Math.max(0, 60_000 * minutes - this.before - (performance.now() - this.started));
  }

  /** From 0 to 1; 1 without a budget of time. */
  get shareLeft(): number {
    const { minutes } = this.budget;
    if (minutes === undefined) return 1;
    return minutes > 0 ? this.msLeft / (60_000 * minutes) : 0;
  }

  /** What a trial may take; undefined without a budget of time. */
  limitOf(trial: Trial): number | undefined {
    const { minutes } = this.budget;
    if (minutes === undefined) return undefined;
    const few = trial.samples > this.full ? LONGER_SHARE : SHARE;
    const share = trial.seeds.length > 1 || isStartOfDescent(trial) ? CONFIRMING_SHARE : few;
    return Math.max(LEAST_MS, 60_000 * minutes * share);
  }

  /** Why a trial is not to be begun at all, in words. */
  refusal(trial: Trial, pace: Pace): string | undefined {
    const [limit, expected] = [this.limitOf(trial), pace.leastMs(trial)];
    if (limit === undefined || expected === undefined) return undefined;
    if (expected <= limit * (pace.knows(trial) ? OWN_DOUBT : DOUBT)) return undefined;
    return `it was not begun: it would take about ${seconds(expected)}, and the limit of a trial is ${seconds(limit)}`;
  }
}

/** The share of a budget that is left; undefined where there is none. */
export function shareLeft(
  { trials, samples, minutes }: Budget,
  records: readonly TrialRecord[],
  pending: readonly Trial[],
  clock: BudgetClock,
): number | undefined {
  const counted = searched<Trial>([...records, ...pending]);
  const shares = [
    ...(trials === undefined ? [] : [counted.length / trials]),
    ...(samples === undefined ? [] : [samplesOf(counted) / samples]),
    ...(minutes === undefined ? [] : [1 - clock.shareLeft]),
  ];
  return shares.length === 0 ? undefined : Math.max(0, 1 - Math.max(...shares));
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
