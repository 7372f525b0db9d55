import { Random } from '../core/random.ts';
import { modelHash } from '../model/hash.ts';
import type { InputShape, Model } from '../model/types.ts';
import type { Objective } from './costs.ts';
import type { Space } from './space/space.ts';
import type { Origin, Trial, TrialRecord } from './trial.ts';

/** What is searched for. */
export interface Problem {
  readonly input: InputShape;
  readonly classes: number;
  readonly space: Space;
  readonly objective: Objective;
  /** The accuracy that has to be held. */
  readonly floor: number;
  /** Training samples of a trial, growing: a network must do well at one to be trained for the next; the last is the full length. */
  readonly rungs: readonly number[];
  /** Learning rates that a strategy may choose from, rising. */
  readonly rates: readonly number[];
  /** Seeds of a trial that decides whether the floor is held; at least five. */
  readonly seeds: readonly number[];
  /** Where to start; without one, the strategy draws networks of its own. */
  readonly start?: Model;
  readonly seed: number;
}

/** A trial that a strategy wants. */
export interface Proposal {
  readonly model: Model;
  readonly samples: number;
  readonly seeds: readonly number[];
  readonly rates: readonly number[];
  readonly origin: Origin;
}

/** What a strategy knows when it is asked for the next trial. */
export interface History {
  /** Finished trials, in the order in which they were begun. */
  readonly records: readonly TrialRecord[];
  /** Trials that were begun and whose outcome is not known yet: they are not to be proposed again. */
  readonly pending: readonly Trial[];
}

/**
 * A way to search. What it proposes depends on the problem and the history alone, so that a study that was interrupted goes on as if
 * it never had been.
 */
export interface Strategy {
  readonly name: string;
  /** The next trial; undefined where there is nothing more to try before the pending ones have ended. */
  propose(problem: Problem, history: History): Proposal | undefined;
}

/** The random numbers for the next proposal: the same whenever as many trials were begun. */
export function randomAfter({ seed }: Problem, { records, pending }: History): Random {
  return new Random(seed, records.length + pending.length);
}

/** Hashes of all networks that were begun. */
export function begun({ records, pending }: History): Set<string> {
  return new Set([...records, ...pending].map(({ model }) => modelHash(model)));
}

/**
 * The seed of a training that decides whether a network is worth more: none of those that decide whether it holds the floor, which
 * would else be tested on what it was chosen by.
 */
export function screeningSeeds({ seeds }: Problem): readonly number[] {
  return [Math.max(...seeds) + 1];
}

/** The learning rate of a strategy that does not choose among several: the middle one. */
export function usualRate({ rates }: Problem): number {
  return rates[Math.floor(rates.length / 2)] ?? Number.NaN;
}

/** Samples of a training of full length. */
export function fullLength({ rungs }: Problem): number {
  return rungs.at(-1) ?? 1;
}

/**
 * Of what is raced over growing budgets, one in so many goes on to the next: Li et al., "A System for Massively Parallel
 * Hyperparameter Tuning" (ASHA), 2020.
 */
export const REDUCTION = 3;
