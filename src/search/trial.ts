import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { modelHash } from '../model/hash.ts';
import type { Model } from '../model/types.ts';
import { type Costs, costsOf } from './costs.ts';

/** One network to train, how long, and from which seeds. */
export interface Trial {
  /** Hash of the network, the data, how and how long it is trained, and the seeds: a trial of the same key is never run twice. */
  readonly key: string;
  readonly model: Model;
  readonly costs: Costs;
  /** Training samples that each seed sees. */
  readonly samples: number;
  readonly seeds: readonly number[];
  readonly origin: Origin;
}

/** Where a trial comes from, for the report. */
export interface Origin {
  readonly strategy: string;
  /** Key of the trial whose network was changed. */
  readonly parent?: string;
  /** What was done, in words. */
  readonly change: string;
}

export type Outcome =
  | {
      readonly status: 'trained';
      /** On validation data, one a seed. */
      readonly accuracy: readonly number[];
      readonly loss: readonly number[];
    }
  /** Such a network is not tried again: it diverged, or the adapter can't hold it. */
  | { readonly status: 'diverged' | 'refused'; readonly reason: string };

/** A trial that came to its end. */
export interface TrialRecord extends Trial {
  readonly outcome: Outcome;
  readonly wallMs: number;
}

/** `context`: all else that decides the outcome, the same for all trials of a study: the data's hash and how it is trained. */
export function makeTrial(context: object, described: Omit<Trial, 'key' | 'costs'>): Trial {
  const { model, samples, seeds } = described;
  const text = JSON.stringify([context, modelHash(model), samples, seeds]);
  return { key: bytesToHex(sha256(utf8ToBytes(text))).slice(0, 24), costs: costsOf(model), ...described };
}

/** Mean validation accuracy; undefined where nothing was trained. */
export function meanAccuracy({ outcome }: TrialRecord): number | undefined {
  if (outcome.status !== 'trained' || outcome.accuracy.length === 0) return undefined;
  return outcome.accuracy.reduce((sum, value) => sum + value, 0) / outcome.accuracy.length;
}
