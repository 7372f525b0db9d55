import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from '../core/json.ts';
import { mean } from '../core/statistics.ts';
import { holdsFloor, lowerBound } from '../search/bound.ts';
import type { Chain } from './chain.ts';
import { chainWords } from './steps/registry.ts';

/** A chain that is tried, with a fine-tuning from each seed; of the chain without steps, which trains nothing, there are no seeds. */
export interface ChainTrial {
  /** Hash of all that decides the outcome: a trial of the same key is never run twice. */
  readonly key: string;
  readonly chain: Chain;
  readonly seeds: readonly number[];
}

export type ChainOutcome =
  | {
      readonly status: 'measured';
      /** Of the file that leaves, one a copy. */
      readonly bytes: readonly number[];
      /** On validation data, of the decoded file, one a copy. */
      readonly accuracy: readonly number[];
      /** The same on the data that nothing was chosen by, where there are such and all seeds were trained. */
      readonly confirmation?: readonly number[];
    }
  /** The loss became no number, or the network can't take such a step, or can't leave so. */
  | { readonly status: 'diverged' | 'refused'; readonly reason: string };

/** A trial that came to its end. */
export interface ChainRecord extends ChainTrial {
  readonly outcome: ChainOutcome;
  readonly wallMs: number;
}

/** `context`: all else that decides the outcome, the same for all trials of a study. */
export function makeChainTrial(context: object, chain: Chain, seeds: readonly number[]): ChainTrial {
  const text = canonicalJson([context, chain, seeds]);
  return { key: bytesToHex(sha256(utf8ToBytes(text))).slice(0, 24), chain, seeds };
}

/** The mean over the copies; infinite of what came to no file. */
export function bytesOf({ outcome }: ChainRecord): number {
  return outcome.status === 'measured' ? mean(outcome.bytes) : Number.POSITIVE_INFINITY;
}

/** The accuracies that decide: on data that nothing was chosen by, where there are such. */
export function decidingAccuracies({ outcome }: ChainRecord): readonly number[] {
  return outcome.status === 'measured' ? (outcome.confirmation ?? outcome.accuracy) : [];
}

/** The mean on validation data; 0 of what came to no file. */
export function accuracyOf({ outcome }: ChainRecord): number {
  return outcome.status === 'measured' ? mean(outcome.accuracy) : 0;
}

/**
 * Whether the file is shown to hold the floor: the one-sided 95% bound over at least five seeds of fine-tuning lies above it. Where nothing
 * is trained nothing varies, and the accuracy itself does.
 */
export function holdsTheFloor(record: ChainRecord, floor: number): boolean {
  const accuracies = decidingAccuracies(record);
  if (record.chain.length === 0) return accuracies.length > 0 && accuracies.every((accuracy) => accuracy > floor);
  return holdsFloor(accuracies, floor);
}

/** Index of the copy that leaves: the best on validation data. */
export function bestCopy({ outcome }: ChainRecord): number {
  return outcome.status === 'measured' ? outcome.accuracy.indexOf(Math.max(...outcome.accuracy)) : -1;
}

/** What a person wants to know of a trial. */
export interface ChainSummary {
  /** Its steps: `6 bits`. */
  readonly words: string;
  /** The mean over the copies; undefined of what came to no file. */
  readonly bytes?: number;
  /** The mean on the data that decide. */
  readonly accuracy?: number;
  /** The one-sided 95% bound of that mean, where there are several seeds. */
  readonly bound?: number;
  readonly holds: boolean;
}

export function summaryOf(record: ChainRecord, floor: number): ChainSummary {
  const words = chainWords(record.chain);
  const accuracies = decidingAccuracies(record);
  if (accuracies.length === 0) return { words, holds: false };
  const bound = lowerBound(accuracies);
  const judged = { bytes: bytesOf(record), accuracy: mean(accuracies), holds: holdsTheFloor(record, floor) };
  return { words, ...judged, ...(bound !== undefined && { bound }) };
}
