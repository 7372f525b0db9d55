import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import type { Dataset } from '../data/dataset.ts';
import { checkCount } from '../train/checks.ts';
import type { Curve } from './curve.ts';

/** By what trainings are ended that can come to nothing; part of a study's set-up, and so of every trial's key. */
export interface StopRules {
  /** The accuracy that has to be held. */
  readonly floor: number;
  /** Training samples of a training of full length. */
  readonly samples: number;
}

/** What is known of the trial whose curve is judged. */
export interface StopContext extends StopRules {
  /** Training samples of the trial. */
  readonly length: number;
  /** Samples of an update. */
  readonly batch: number;
  /** The loss of the best that knows the classes' shares alone. */
  readonly chance: number;
  /** Its error lies above the one that it is judged by in the end: its samples are augmented, its weights averaged, or outputs dropped. */
  readonly isHarder: boolean;
}

/** Throws an OptionError. */
export function checkStopRules({ floor, samples }: StopRules): void {
  if (typeof floor !== 'number' || !(floor > 0 && floor < 1))
    throw new OptionError(`setup: stops.floor must be above 0 and below 1, got ${shown(floor)}`);
  checkCount('setup: stops.samples', samples);
}

/** Whether a network learns at all is judged after so many updates, such a share of its trial, and such a share of the full length. */
const DEAD_AFTER = { updates: 64, trial: 0.1, full: 0.01 };
/** One that does is below this share of the loss by chance. */
const CHANCE = 0.985;
/** Points in a row that must say the same. */
const POINTS = 2;

/** An error is judged after this share of the trial, ... */
const JUDGED_AFTER = 0.3;
/** ... and hopeless where even what falls fastest would end with more than so many times the allowed error. */
const HOPELESS = 4;

/**
 * Why a training should end here, in words; undefined where it should go on. It depends on the curve alone: the same training ends at
 * the same point wherever it runs. All replicas must be hopeless, each by itself.
 */
export function stopOf(curve: Curve, context: StopContext): string | undefined {
  const seen = curve.samples.at(-1) ?? 0;
  if (seen >= context.length) return undefined;
  const reasons = curve.loss.map((loss, replica) => deadAt(loss, seen, context) ?? hopelessAt(curve, replica, seen, context));
  return reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined;
}

function deadAt(loss: readonly number[], seen: number, { length, samples, batch, chance }: StopContext): string | undefined {
  const { updates, trial, full } = DEAD_AFTER;
  if (seen < Math.max(updates * batch, trial * length, full * samples)) return undefined;
  const latest = loss.slice(-POINTS);
  if (latest.length < POINTS || !latest.every((value) => value >= CHANCE * chance)) return undefined;
  return `it learned nothing: after ${seen} samples its loss is ${latest.at(-1)}, that of chance ${chance.toPrecision(4)}`;
}

function hopelessAt(curve: Curve, replica: number, seen: number, context: StopContext): string | undefined {
  if (seen < JUDGED_AFTER * context.length) return undefined;
  const accuracy = Math.max(...(curve.accuracy[replica]?.slice(-POINTS) ?? []));
  const least = leastError(1 - accuracy, seen, context);
  const allowed = 1 - context.floor;
  if (!(least > HOPELESS * allowed)) return undefined;
  return `it can't come near the floor: after ${seen} samples its error is ${percent(1 - accuracy)}, and would be above ${percent(least)} at full length, more than ${HOPELESS} times the allowed ${percent(allowed)}`;
}

/**
 * The least error at full length that comes of this one. Fitted to the fastest falls among networks on MNIST and on digits, in
 * trainings of a sixtieth to all of the full length: bench/notes/search.md.
 */
function leastError(error: number, seen: number, { length, samples, isHarder }: StopContext): number {
  const thirds = Math.max(0, Math.log(samples / length) / Math.log(3));
  return error * (isHarder ? EASIER : 1) * ((WITHIN * seen) / length) * BEYOND ** thirds;
}

/** Of the error on the samples of a point, at the least so much times the share of the trial that is done is left at its end. */
const WITHIN = 0.7;
/** What three times as long a training leaves of the error, at the least: less where the short one has but a few dozen steps. */
const BEYOND = 0.42;
/** The error on samples as they are, of averaged weights or of the whole network, beside it, at the least. */
const EASIER = 0.3;

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** The loss of a network whose output is the same for all samples, and the best that it can be. */
export function chanceLoss({ y, classes = 0 }: Pick<Dataset, 'y' | 'classes'>, labelSmoothing: number): number {
  const counts = new Float64Array(classes);
  for (const label of y) counts[label] = (counts[label] ?? 0) + 1;
  return counts.reduce((sum, count) => {
    const share = (1 - labelSmoothing) * (count / y.length) + labelSmoothing / classes;
    return share > 0 ? sum - share * Math.log(share) : sum;
  }, 0);
}
