import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { mean } from '../core/statistics.ts';
import { modelHash } from '../model/hash.ts';
import type { Model } from '../model/types.ts';
import { type Costs, costsOf } from './costs.ts';

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
  readonly origin: Origin;
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
      /** The learning rates that these are of, where the others diverged [all of the trial's]. */
      readonly rates?: readonly number[];
    }
  /** Such a network is not tried again: its loss became no number, in training or on validation data, or the adapter can't hold it or ended in training it. */
  | { readonly status: 'diverged' | 'refused'; readonly reason: string };

/** A trial that came to its end. */
export interface TrialRecord extends Trial {
  /** Its index in the order in which trials were begun. */
  readonly number: number;
  readonly outcome: Outcome;
  readonly wallMs: number;
}

/** `context`: all else that decides the outcome, the same for all trials of a study: the data's hash and how it is trained. */
export function makeTrial(context: object, described: Omit<Trial, 'key' | 'costs'>): Trial {
  const { model, samples, seeds, rates } = described;
  const text = JSON.stringify([context, modelHash(model), samples, seeds, rates]);
  return { key: bytesToHex(sha256(utf8ToBytes(text))).slice(0, 24), costs: costsOf(model), ...described };
}

/** What a network came to at the best of a trial's learning rates. */
export interface AtBestRate {
  readonly rate: number;
  /** On validation data, one a seed. */
  readonly accuracy: readonly number[];
  /** Which replicas these are. */
  readonly replicas: readonly number[];
}

export function atBestRate(record: TrialRecord): AtBestRate | undefined {
  const { outcome, rates, seeds } = record;
  if (outcome.status !== 'trained') return undefined;
  return (outcome.rates ?? rates).reduce<AtBestRate | undefined>((best, rate, index) => {
    const replicas = seeds.map((_, seed) => index * seeds.length + seed);
    const accuracy = replicas.map((replica) => outcome.accuracy[replica] ?? Number.NaN);
    return best && !(mean(accuracy) > mean(best.accuracy)) ? best : { rate, accuracy, replicas };
  }, undefined);
}

export function meanAccuracy(record: TrialRecord): number | undefined {
  const best = atBestRate(record);
  return best && best.accuracy.length > 0 ? mean(best.accuracy) : undefined;
}

export function searched<T extends Trial>(trials: readonly T[]): T[] {
  return trials.filter(({ origin }) => origin.strategy !== 'finish');
}

export function samplesOf(trials: readonly Pick<Trial, 'samples' | 'seeds' | 'rates'>[]): number {
  return trials.reduce((sum, { samples, seeds, rates }) => sum + samples * seeds.length * rates.length, 0);
}
