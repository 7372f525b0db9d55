import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { mean } from '../core/statistics.ts';
import type { Sensitivity } from '../inherit/sensitivity.ts';
import { modelHash } from '../model/hash.ts';
import type { Model } from '../model/types.ts';
import { type Costs, costsOf } from './costs.ts';
import type { Curve } from './curve.ts';
import type { Leaving } from './leaving.ts';
import { type Recipe, recipeKey, type TrainingSetup } from './recipe.ts';

/** One network to train, how long, from which seeds, and at which learning rates. */
export interface Trial {
  /** Hash of the network, the data, how and how long it is trained, seeds and rates: a trial of the same key is never run twice. */
  readonly key: string;
  readonly model: Model;
  readonly costs: Costs;
  /** Training samples that each replica sees. */
  readonly samples: number;
  readonly seeds: readonly number[];
  /** Learning rates, each with all seeds: the replicas are the seeds of the first, then those of the second. */
  readonly rates: readonly number[];
  /** What is done otherwise than the study's set-up says [nothing]. */
  readonly recipe?: Recipe;
  /** The weights that it begins with [the initialisers'; so do all that decide what a network is worth]. */
  readonly inherits?: Inheritance;
  readonly origin: Origin;
}

/** Weights of an earlier training, handed down to the trial's network (`inheritWeights`). */
export interface Inheritance {
  /** Of a finished trial of the study, or that of the weights that the search was given with its start (`startKey`). */
  readonly key: string;
  /** Which of its trainings. */
  readonly replica: number;
}

/** Where a trial comes from, for the report. */
export interface Origin {
  readonly strategy: string;
  /** Key of the trial whose network was changed. */
  readonly parent?: string;
  /** What was done, in words. */
  readonly change: string;
  /** Which of the populations that a strategy keeps apart from each other it belongs to, from 0; files call it so. */
  readonly family?: number;
}

export type Outcome =
  | {
      readonly status: 'trained';
      /** On validation data, one a replica. */
      readonly accuracy: readonly number[];
      readonly loss: readonly number[];
      /** Accuracy on the confirmation data, one a replica, where the study keeps such and the trial could show that the floor is held. */
      readonly confirmation?: readonly number[];
      /** The learning rates that these are of, where the others diverged or were dropped [all of the trial's]. */
      readonly rates?: readonly number[];
      readonly dropped?: Dropped;
      readonly curve?: Curve;
      /** How much the loss depends on what each layer makes, of the best replica, where it was asked for. */
      readonly importance?: Sensitivity;
    }
  /**
   * Ended inside, by what its curve or the clock said: not tried again at this length, and not known to hold anything. What it had come to
   * tells how far from the goal it is.
   */
  | {
      readonly status: 'stopped';
      readonly reason: string;
      /** Training samples that each replica had seen. */
      readonly after: number;
      readonly dropped?: Dropped;
      readonly curve?: Curve;
    }
  /** Such a network is not tried again: its loss became no number, in training or on validation data, or the adapter can't hold it or ended in training it. */
  | { readonly status: 'diverged' | 'refused'; readonly reason: string };

/** The learning rates of a trial that fell behind, and after how many samples a replica their training ended. */
export interface Dropped {
  readonly rates: readonly number[];
  readonly after: number;
}

/** Who trained a trial, where trials leave the machine that searches; no part of the key. */
export interface TrainedBy {
  readonly adapter: string;
  /** Of the engine. */
  readonly version: string;
  readonly worker: string;
}

/** A trial that came to its end. */
export interface TrialRecord extends Trial {
  /** Its index in the order in which trials were begun. */
  readonly number: number;
  readonly outcome: Outcome;
  readonly wallMs: number;
  readonly trainedBy?: TrainedBy;
}

/** `context`: all else that decides the outcome, the same for all trials of a study: the data's hash and how it is trained. */
export function makeTrial(context: object, described: Omit<Trial, 'key' | 'costs'>): Trial {
  const { model, samples, seeds, rates, recipe, inherits } = described;
  const text = JSON.stringify([
    context,
    modelHash(model),
    samples,
    seeds,
    rates,
    ...(recipe || inherits ? [{ ...(recipe && { recipe: recipeKey(recipe) }), inherits }] : []),
  ]);
  return {
    key: bytesToHex(sha256(utf8ToBytes(text))).slice(0, 24),
    costs: costsOf(model, leavesIn(context, recipe)),
    ...described,
  };
}

/** What a trial's network leaves as; undefined where it leaves as no file. */
export function leavesIn(context: object, recipe: Recipe | undefined): Leaving | undefined {
  const { setup } = context as { readonly setup?: Partial<TrainingSetup> };
  return recipe?.leaves ?? setup?.leaves;
}

/** A network and the recipe that it is trained by: the same for trials of it that differ in length, seeds or learning rates. */
export function candidateOf({ model, recipe }: Pick<Trial, 'model' | 'recipe'>): string {
  return modelHash(model) + recipeKey(recipe);
}

/** What a network came to at the best of a trial's learning rates. */
export interface AtBestRate {
  readonly rate: number;
  /** On validation data, one a seed. */
  readonly accuracy: readonly number[];
  /** On the confirmation data, one a seed, where it was looked at. */
  readonly confirmation?: readonly number[];
  /** Which replicas these are. */
  readonly replicas: readonly number[];
}

export function atBestRate(record: TrialRecord): AtBestRate | undefined {
  const { outcome, rates, seeds } = record;
  if (outcome.status !== 'trained') return undefined;
  return (outcome.rates ?? rates).reduce<AtBestRate | undefined>((best, rate, index) => {
    const replicas = seeds.map((_, seed) => index * seeds.length + seed);
    const accuracy = replicas.map((replica) => outcome.accuracy[replica] ?? Number.NaN);
    if (best && !(mean(accuracy) > mean(best.accuracy))) return best;
    const confirmation = outcome.confirmation && replicas.map((replica) => outcome.confirmation?.[replica] ?? Number.NaN);
    return { rate, accuracy, ...(confirmation && { confirmation }), replicas };
  }, undefined);
}

/** The accuracies that decide whether a floor is held: on data that nothing was chosen by, where there are such. */
export function deciding({ accuracy, confirmation }: Pick<AtBestRate, 'accuracy' | 'confirmation'>): readonly number[] {
  return confirmation ?? accuracy;
}

export function meanAccuracy(record: TrialRecord): number | undefined {
  const best = atBestRate(record);
  return best && best.accuracy.length > 0 ? mean(best.accuracy) : undefined;
}

/**
 * What is known of a network's accuracy, and after how many samples: of a training that was stopped, that on its latest samples. Undefined
 * where nothing was measured.
 */
export function knownAccuracy(record: TrialRecord): { readonly accuracy: number; readonly samples: number } | undefined {
  const { outcome, samples } = record;
  if (outcome.status === 'stopped') {
    const latest = outcome.curve?.accuracy.flatMap((values) => values.slice(-1)) ?? [];
    return latest.length > 0 ? { accuracy: Math.max(...latest), samples: outcome.after } : undefined;
  }
  const accuracy = meanAccuracy(record);
  return accuracy === undefined ? undefined : { accuracy, samples };
}

export function searched<T extends Trial>(trials: readonly T[]): T[] {
  return trials.filter(({ origin }) => origin.strategy !== 'finish');
}

type Sized = Pick<Trial, 'samples' | 'seeds' | 'rates'> & { readonly outcome?: Outcome };

/** Of what ended inside, what it was trained until then. */
export function samplesOf(trials: readonly Sized[]): number {
  return trials.reduce((sum, trial) => sum + samplesSeen(trial), 0);
}

function samplesSeen({ samples, seeds, rates, outcome }: Sized): number {
  const length = outcome?.status === 'stopped' ? outcome.after : samples;
  const dropped = outcome && 'dropped' in outcome ? outcome.dropped : undefined;
  const fell = dropped?.rates.length ?? 0;
  return seeds.length * (length * (rates.length - fell) + (dropped?.after ?? 0) * fell);
}
