import * as v from 'valibot';
import { isRecord, refuseUnknown } from '../core/arguments.ts';
import { DataError, OptionError } from '../core/errors.ts';
import { canonicalJson } from '../core/json.ts';
import { shown } from '../core/shown.ts';
import type { Schedule } from '../kernels/schedule.ts';
import { type Augmentation, augmentationSpec } from '../train/augmentation.ts';
import { checkCount, inRange } from '../train/checks.ts';
import { checkedOptimizer, type OptimizerSpec } from '../train/optimizers/registry.ts';
import type { Averaging } from '../train/options.ts';
import { checkLeaving, type Leaving } from './leaving.ts';
import { checkStopRules, type StopRules } from './stops.ts';

/** How the learning rate of a trial changes, whatever its length. */
export type RecipeSchedule =
  /** Rises over a share of the training [0], then falls to nothing along half a cosine: one cycle. */
  | { readonly type: 'cosine'; readonly warmup?: number }
  /** Falls so again and again, so many times, each time over `factor` times as many steps [1]: SGDR. */
  | { readonly type: 'warmRestarts'; readonly cycles: number; readonly factor?: number };

/** How a network is trained, but for its length, seeds and learning rate. */
export interface TrainingSetup {
  readonly batch: number;
  /** Its learning rates are those of the trial. */
  readonly optimizer: OptimizerSpec;
  readonly labelSmoothing: number;
  /** [the learning rate falls to nothing along half a cosine] */
  readonly schedule?: RecipeSchedule;
  readonly augment?: Augmentation;
  /** The average is what is tested and kept; a decay of 0 is none. */
  readonly averaging?: Averaging;
  /** What a network leaves as: it is trained for these bits, and its bytes are those of that file [floats; bytes of float32 weights]. */
  readonly leaves?: Leaving;
  /** Ends trainings that can come to nothing [none is ended]. */
  readonly stops?: StopRules;
}

/** What a trial does otherwise than the set-up of its study; `{}` for `augment` is none. */
export type Recipe = Partial<Omit<TrainingSetup, 'stops'>>;

export type RecipePart = keyof Recipe;

export const RECIPE_PARTS: readonly RecipePart[] = [
  'optimizer',
  'schedule',
  'batch',
  'labelSmoothing',
  'augment',
  'averaging',
  'leaves',
];

/** Throws an OptionError that names what is wrong with a set-up, or with the part of one that a recipe is. */
export function checkSetup(where: string, setup: Partial<TrainingSetup>): void {
  const { batch, optimizer, labelSmoothing, schedule, augment, averaging, leaves, stops, ...rest } = setup;
  refuseUnknown(where, rest, [...RECIPE_PARTS, 'stops']);
  if (stops !== undefined) checkStopRules(stops);
  if (batch !== undefined) checkCount(`${where}: batch`, batch);
  // The learning rate is the trial's.
  if (optimizer !== undefined) checkedOptimizer(where, { learningRate: 1, ...optimizer });
  augmentationSpec(augment);
  if (labelSmoothing !== undefined)
    inRange(`${where}: labelSmoothing`, labelSmoothing, (n) => n >= 0 && n < 1, 'at least 0 and below 1');
  if (averaging !== undefined) {
    if (!isRecord(averaging)) throw new OptionError(`${where}: averaging must be { decay }, got ${shown(averaging)}`);
    inRange(`${where}: averaging: decay`, averaging.decay, (n) => n >= 0 && n < 1, 'at least 0 and below 1');
  }
  if (schedule !== undefined) checkRecipeSchedule(where, schedule);
  if (leaves !== undefined) checkLeaving(where, leaves);
}

function checkRecipeSchedule(where: string, schedule: RecipeSchedule): void {
  switch (schedule?.type) {
    case 'cosine':
      inRange(`${where}: schedule: warmup`, schedule.warmup ?? 0, (n) => n >= 0 && n < 1, 'a share of at least 0 and below 1');
      break;
    case 'warmRestarts':
      checkCount(`${where}: schedule: cycles`, schedule.cycles);
      checkCount(`${where}: schedule: factor`, schedule.factor ?? 1);
      break;
    default:
      throw new OptionError(`${where}: schedule: type must be 'cosine' or 'warmRestarts', got ${shown(schedule)}`);
  }
}

const schema = v.partial(
  v.strictObject({
    batch: v.number(),
    optimizer: v.looseObject({ type: v.string() }),
    labelSmoothing: v.number(),
    schedule: v.looseObject({ type: v.string() }),
    augment: v.looseObject({}),
    averaging: v.strictObject({ decay: v.number() }),
    leaves: v.looseObject({}),
  }),
);

/** The recipe of parsed JSON. Throws an OptionError or DataError that says what is wrong. */
export function parseRecipe(json: unknown): Recipe {
  const { success, output, issues } = v.safeParse(schema, json);
  if (!success) throw new DataError(`recipe: ${issues[0].message}`);
  const recipe = output as Recipe;
  checkSetup('recipe', recipe);
  return recipe;
}

/** The schedule of a training of so many steps. Throws an OptionError for one that is none. */
export function scheduleOver(steps: number, schedule: RecipeSchedule = { type: 'cosine' }): Schedule {
  checkCount('scheduleOver: steps', steps);
  checkRecipeSchedule('scheduleOver', schedule);
  if (schedule.type === 'cosine') {
    const warmup = Math.min(steps - 1, Math.round((schedule.warmup ?? 0) * steps));
    return { type: 'cosine', steps, ...(warmup > 0 && { warmup }) };
  }
  const { cycles, factor = 1 } = schedule;
  const parts = Array.from({ length: cycles }).reduce<number>((sum, _, cycle) => sum + factor ** cycle, 0);
  return { type: 'warmRestarts', every: Math.max(1, Math.ceil(steps / parts)), factor };
}

/** The whole of how a trial is trained: what its recipe leaves out is its study's. */
export function withRecipe(setup: TrainingSetup, recipe: Recipe = {}): TrainingSetup {
  const whole = { ...setup, ...recipe };
  // Both ways of saying that nothing is done: `{}` and a decay of 0 are how a recipe says it.
  const { augment, averaging, ...rest } = whole;
  return {
    ...rest,
    ...(augment && augmentationSpec(augment) && { augment }),
    ...(averaging && averaging.decay > 0 && { averaging }),
  };
}

/** Equal for recipes that are. */
export function recipeKey(recipe: Recipe | undefined): string {
  return recipe === undefined ? '' : canonicalJson(recipe);
}
