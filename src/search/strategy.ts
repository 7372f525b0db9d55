import { Random } from '../core/random.ts';
import type { InputShape, Model } from '../model/types.ts';
import type { Objective } from './costs.ts';
import type { Leaving } from './leaving.ts';
import { type Recipe, recipeKey } from './recipe.ts';
import type { RecipeChoices } from './recipe-choices.ts';
import { functionHash } from './space/function-hash.ts';
import type { Space } from './space/space.ts';
import type { Inheritance, Origin, Trial, TrialRecord } from './trial.ts';

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
  /** What a strategy may choose a network's recipe from, and that it may train the last candidates for longer [all as the set-up says]. */
  readonly recipes?: RecipeChoices;
  /** Where to start; without one, the strategy draws networks of its own. */
  readonly start?: Model;
  /** Key of the weights that were given with the start, with which a trial of it can begin [none were given]. */
  readonly startWeights?: string;
  /** Share of evolve's children that begin with their parent's weights [0]. */
  readonly inheriting?: number;
  readonly seed: number;
  /** What networks leave as, where bytes are those of a file; a recipe may choose other bits. */
  readonly leaves?: Leaving;
}

/** A trial that a strategy wants. */
export interface Proposal {
  readonly model: Model;
  readonly samples: number;
  readonly seeds: readonly number[];
  readonly rates: readonly number[];
  /** What is done otherwise than the study's set-up says [nothing]. */
  readonly recipe?: Recipe;
  /** Weights to begin with: of a record, or of the start [those that the initialisers make]. */
  readonly inherits?: Inheritance;
  readonly origin: Origin;
}

/** What a strategy knows when it is asked for the next trial. */
export interface History {
  /** Finished trials, in the order in which they were begun. */
  readonly records: readonly TrialRecord[];
  /** Trials that were begun and whose outcome is not known yet: they are not to be proposed again. */
  readonly pending: readonly Trial[];
  /** The share of the budget that is left, where there is one: that of time by the clock. */
  readonly left?: number;
}

/**
 * A way to search. What it proposes depends on the problem and the history alone, so that a study that was interrupted goes on as if
 * it never had been.
 */
export interface Strategy {
  readonly name: string;
  /** Trials that it proposes begin with the weights of earlier ones, which are kept for them [no]. */
  handsDown?(problem: Problem): boolean;
  /** The share `problem.inheriting` of what it proposes is such [there is none, or it is not asked for a share]. */
  readonly handsDownShare?: boolean;
  /** It is told how much the loss depends on each feature of a network [no]. */
  readonly asksImportance?: boolean;
  /** Each proposal goes on from the last outcome: with others in between, most would be for nothing [no]. */
  readonly followsLast?: boolean;
  /** It has nothing to begin with without a start [it draws networks]. */
  readonly needsStart?: boolean;
  /** It chooses recipes of `problem.recipes`; for one that does not, all is as the set-up says [false]. */
  readonly choosesRecipes?: boolean;
  /** The next trial; undefined where there is nothing more to try before the pending ones have ended. */
  propose(problem: Problem, history: History): Proposal | undefined;
}

/** The random numbers for the next proposal: the same whenever as many trials were begun. */
export function randomAfter({ seed }: Problem, { records, pending }: History): Random {
  return new Random(seed, records.length + pending.length);
}

/** Equal for what would be trained as the same function by the same recipe. */
export function functionOf({ model, recipe }: Pick<Trial, 'model' | 'recipe'>): string {
  return functionHash(model) + recipeKey(recipe);
}

/** `functionOf` all that were begun: none of them is to be tried again in another writing. */
export function begun({ records, pending }: History): Set<string> {
  return new Set([...records, ...pending].map(functionOf));
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

/** Of the networks trained for so many samples one in so many is trained for the next rung, so that each rung takes about as long. */
export function reductionAfter({ rungs }: Problem, samples: number): number {
  const next = rungs.find((rung) => rung > samples);
  return next === undefined ? REDUCTION : Math.max(2, Math.round(next / samples));
}
