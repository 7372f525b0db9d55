import { Random } from '../core/random.ts';
import type { InputShape, Model } from '../model/types.ts';
import type { Objective } from './costs.ts';
import type { Space } from './space.ts';
import type { Origin, TrialRecord } from './trial.ts';

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
  readonly origin: Origin;
}

/**
 * A way to search. What it proposes depends on the problem and the finished trials alone, in their order, so that a study that was
 * interrupted goes on as if it never had been.
 */
export interface Strategy {
  readonly name: string;
  /** The next trial; undefined where there is nothing more to try. */
  propose(problem: Problem, records: readonly TrialRecord[]): Proposal | undefined;
}

/** The random numbers for the next proposal: the same whenever as many trials are finished. */
export function randomAfter({ seed }: Problem, records: readonly TrialRecord[]): Random {
  return new Random(seed, records.length);
}

/** Samples of a training of full length. */
export function fullLength({ rungs }: Problem): number {
  return rungs.at(-1) ?? 1;
}
