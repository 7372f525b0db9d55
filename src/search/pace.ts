import { mean } from '../core/statistics.ts';
import { modelHash } from '../model/hash.ts';
import { effort } from './effort.ts';
import type { Trial, TrialRecord } from './trial.ts';

/** Trials from which others can be foretold. */
const LEAST = 6;
/** Times of starting that are tried, as shares of the median of all trials. */
const STARTS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** Replicas take as long as their number to one of these powers: those of a GPU that a single one leaves idle are nearly free. */
const SHARINGS = [1, 0.85, 0.7, 0.55, 0.4, 0.25, 0.1];
/** Where the trials tell nothing, ... */
const USUAL_SHARING = 0.85;
/** ... and to go away from it by 1 asks that they are explained better by so much: most differ in length along with their replicas. */
const PULL = 0.05;
/** A trial tells how long training takes where that was at least so much of its time; ... */
const TELLING = 0.3;
/** ... where too few do, so much of each is taken for it. */
const LEAST_SHARE = 0.1;
/** Start and sharing are told by the latest trials, so many. */
const LATEST = 200;

/** What a trial is made of that tells how long it takes. */
interface Timed {
  readonly network: string;
  readonly ms: number;
  readonly stretches: readonly Stretch[];
}

/** A part of a training, with the same replicas throughout. */
interface Stretch {
  readonly replicas: number;
  /** Of one replica. */
  readonly work: number;
}

/**
 * How long trials take, by those that ended: a time to start, in which networks are planned and compiled, and on from there in proportion
 * to samples and what a network costs, and to a power of the number of replicas; of a network that was trained before as long as it took then.
 * The time to start and the power are those with which the times of the trials are explained best.
 */
export class Pace {
  /** Milliseconds that do not grow with a trial's length; 0 where too few trials tell. */
  readonly startMs: number = 0;
  private readonly sharing: number = USUAL_SHARING;
  /** Milliseconds of a unit of work. */
  private readonly usual: number | undefined;
  private readonly own = new Map<string, number>();

  constructor(records: readonly TrialRecord[]) {
    const known = records.flatMap((record): Timed[] => {
      const stretches = stretchesOf(record);
      return workOf(stretches, 1) > 0 ? [{ network: modelHash(record.model), ms: record.wallMs, stretches }] : [];
    });
    if (known.length < LEAST) return;
    const latest = known.slice(-LATEST);
    const middle = median(latest.map(({ ms }) => ms));
    const fits = SHARINGS.flatMap((sharing) => {
      const worked = latest.map(({ ms, stretches }) => ({ ms, work: workOf(stretches, sharing) }));
      return STARTS.map((share) => ({ sharing, ...fitted(worked, share * middle) }));
    });
    const worth = ({ error, sharing }: { readonly error: number; readonly sharing: number }) =>
      error + PULL * Math.abs(sharing - USUAL_SHARING);
    const best = fits.reduce((one, other) => (worth(other) < worth(one) ? other : one));
    this.startMs = best.startMs;
    this.sharing = best.sharing;
    this.usual = best.pace;
    for (const { network, ms, stretches } of known)
      if (isTelling(ms, best.startMs)) this.own.set(network, (ms - best.startMs) / workOf(stretches, best.sharing));
  }

  /** Whether its network was trained before, for long enough to tell. */
  knows({ model }: Pick<Trial, 'model'>): boolean {
    return this.own.has(modelHash(model));
  }

  /** Milliseconds that a trial will take by what is in its favour: its network, or others; a training that was disturbed once tells too much. */
  leastMs(trial: Trial): number | undefined {
    if (this.usual === undefined) return undefined;
    return this.msAt(trial, Math.min(this.usual, this.own.get(modelHash(trial.model)) ?? this.usual));
  }

  /** Milliseconds that a trial will take; undefined where nothing tells. */
  expectedMs(trial: Trial): number | undefined {
    const pace = this.own.get(modelHash(trial.model)) ?? this.usual;
    return pace === undefined ? undefined : this.msAt(trial, pace);
  }

  private msAt(trial: Trial, pace: number): number {
    return this.startMs + pace * workOf(stretchesOf(trial), this.sharing);
  }
}

interface Worked {
  readonly ms: number;
  readonly work: number;
}

/** With this time to start, and the median of what then remains for a unit of work: how far off that is on the mean, as a logarithm. */
function fitted(known: readonly Worked[], startMs: number) {
  const telling = known.filter(({ ms }) => isTelling(ms, startMs));
  const pace =
    telling.length < LEAST / 2
      ? median(known.map(({ ms, work }) => (LEAST_SHARE * ms) / work))
      : median(telling.map(({ ms, work }) => (ms - startMs) / work));
  const errors = known.map(({ ms, work }) => Math.abs(Math.log(Math.max(1, ms) / Math.max(1, startMs + pace * work))));
  return { startMs, pace, error: mean(errors) };
}

function isTelling(ms: number, startMs: number): boolean {
  return ms - startMs >= TELLING * ms;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function workOf(stretches: readonly Stretch[], sharing: number): number {
  return stretches.reduce((sum, { replicas, work }) => sum + work * replicas ** sharing, 0);
}

/** Of what was truly trained; none of what came to nothing that can be measured. */
function stretchesOf({ outcome, ...trial }: Trial & Partial<TrialRecord>): readonly Stretch[] {
  const { samples, seeds, rates, costs } = trial;
  if (outcome && outcome.status !== 'trained' && outcome.status !== 'stopped') return [];
  const length = outcome?.status === 'stopped' ? outcome.after : samples;
  const stretch = (count: number, long: number) => ({ replicas: count * seeds.length, work: long * effort(costs) });
  const dropped = outcome?.dropped;
  if (!dropped) return [stretch(rates.length, length)];
  return [stretch(rates.length, dropped.after), stretch(rates.length - dropped.rates.length, length - dropped.after)];
}
