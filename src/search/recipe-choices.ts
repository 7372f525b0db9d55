import * as v from 'valibot';
import { OptionError } from '../core/errors.ts';
import { canonicalJson } from '../core/json.ts';
import type { Random } from '../core/random.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Augmentation } from '../train/augmentation.ts';
import { OPTIMIZERS, type Optimizer, type OptimizerSpec } from '../train/optimizers/registry.ts';
import type { Averaging } from '../train/options.ts';
import { type Leaving, WIDTHS } from './leaving.ts';
import { parseRecipe, type Recipe, type RecipePart, type RecipeSchedule, type TrainingSetup } from './recipe.ts';

/** An optimizer, and by what the learning rates of the search are multiplied for it. */
export interface OptimizerChoice {
  readonly optimizer: OptimizerSpec;
  readonly rate: number;
}

/** What the recipe of a trial may be, part for part, as plain data; a part that is missing is as the set-up has it. The first choice is the set-up's own. */
export interface RecipeChoices {
  readonly optimizer?: readonly OptimizerChoice[];
  readonly schedule?: readonly RecipeSchedule[];
  readonly batch?: readonly number[];
  readonly labelSmoothing?: readonly number[];
  readonly augment?: readonly Augmentation[];
  readonly averaging?: readonly Averaging[];
  /** Other bits of the same format. */
  readonly leaves?: readonly Leaving[];
}

const specOf = ({ learningRate: _, ...spec }: Optimizer): OptimizerSpec => spec;

/** What is worth trying for these images beside a set-up; the parts in `fixed` are not to change. */
export function usualChoices(
  { inputShape, size }: Pick<Dataset, 'inputShape' | 'size'>,
  setup: TrainingSetup,
  fixed: readonly string[],
): RecipeChoices {
  const { optimizer } = setup;
  const { batch, labelSmoothing, schedule, augment, averaging } = ownOf(setup);
  // Rates that suit Adam are small for stochastic gradient descent, and large for RMSProp.
  const relative = (factor: number) => factor / (RATES[optimizer.type] ?? 1);
  const optimizers: readonly OptimizerChoice[] = [
    { optimizer, rate: 1 },
    { optimizer: specOf(OPTIMIZERS.adam.make({})), rate: relative(RATES.adam) },
    { optimizer: specOf(OPTIMIZERS.adamW.make({ decays: 'weights' })), rate: relative(RATES.adamW) },
    { optimizer: specOf(OPTIMIZERS.rmsprop.make({})), rate: relative(RATES.rmsprop) },
    { optimizer: specOf(OPTIMIZERS.sgd.make({ learningRate: 1, momentum: 0.9, nesterov: true })), rate: relative(RATES.sgd) },
  ];
  const [height = 1, width = 1, channels = 1] = inputShape;
  // Of small images a pixel is much.
  const pixels = Math.max(0, Math.min(Math.round(Math.min(height, width) / 14), height - 1, width - 1));
  const flip = channels > 1 ? [{ flip: 'horizontal', shift: pixels } as const] : [];
  const augmentations: readonly Augmentation[] = [
    augment,
    {},
    ...(pixels > 0
      ? [{ shift: Math.max(1, Math.floor(pixels / 2)) }, { shift: pixels, rotation: 7, scale: [0.91, 1.09] as const }]
      : []),
    { rotation: 7 },
    ...flip,
  ];
  const { leaves } = setup;
  const choices: RecipeChoices = {
    optimizer: distinct(optimizers, ({ optimizer: spec }) => spec),
    schedule: distinct([
      schedule,
      { type: 'cosine' },
      { type: 'cosine', warmup: 0.1 },
      { type: 'cosine', warmup: 0.3 },
      { type: 'warmRestarts', cycles: 3, factor: 2 },
    ]),
    batch: distinct([batch, ...[32, 64, 128].filter((samples) => samples <= size)]),
    labelSmoothing: distinct([labelSmoothing, 0, 0.02, 0.05, 0.1]),
    augment: distinct(augmentations),
    averaging: distinct([averaging, { decay: 0 }, { decay: 0.99 }, { decay: 0.998 }]),
    // Bits are no choice of a person who names them: those of the set-up are where the search begins.
    ...(leaves && {
      leaves: distinct([leaves, ...WIDTHS[leaves.format].filter(isFew).map((weights) => ({ ...leaves, weights }))]),
    }),
  };
  return Object.fromEntries(Object.entries(choices).filter(([part]) => part === 'leaves' || !fixed.includes(part)));
}

const RATES = { adam: 1, adamW: 1, rmsprop: 0.5, sgd: 5 };

function distinct<T>(items: readonly T[], of: (item: T) => unknown = (item) => item): readonly T[] {
  const texts = items.map((item) => canonicalJson(of(item)));
  return items.filter((_, index) => texts.indexOf(texts[index] ?? '') === index);
}

/** By what the learning rates of the search are multiplied for the optimizer of a recipe. */
export function rateFactor({ optimizer: choices = [] }: RecipeChoices, recipe: Recipe | undefined): number {
  if (recipe?.optimizer === undefined) return 1;
  const own = canonicalJson(recipe.optimizer);
  return choices.find(({ optimizer }) => canonicalJson(optimizer) === own)?.rate ?? 1;
}

/** A recipe that differs from another in one part, and that part in words; undefined where there is nothing to choose. */
export function mutateRecipe(
  recipe: Recipe | undefined,
  choices: RecipeChoices,
  random: Random,
): { readonly recipe: Recipe | undefined; readonly change: string } | undefined {
  const others = Object.entries(valuesOf(choices)).flatMap(([part, values]) => {
    const present = canonicalJson(recipe?.[part as RecipePart] ?? values[0]);
    const left = values.filter((value) => canonicalJson(value) !== present);
    return left.length > 0 ? [{ part, own: canonicalJson(values[0]), left }] : [];
  });
  const chosen = others[random.below(Math.max(1, others.length))];
  const value = chosen?.left[random.below(chosen.left.length)];
  if (!chosen) return undefined;
  const { [chosen.part as RecipePart]: _, ...rest } = recipe ?? {};
  const next: Recipe = canonicalJson(value) === chosen.own ? rest : { ...rest, [chosen.part]: value };
  const change = `${chosen.part} ${canonicalJson(value)}`;
  return { recipe: Object.keys(next).length > 0 ? next : undefined, change };
}

function valuesOf({ optimizer, ...rest }: RecipeChoices): Readonly<Record<string, readonly unknown[]>> {
  return { ...(optimizer && { optimizer: optimizer.map((choice) => choice.optimizer) }), ...rest };
}

const schema = v.partial(
  v.strictObject({
    optimizer: v.array(v.strictObject({ optimizer: v.unknown(), rate: v.pipe(v.number(), v.gtValue(0)) })),
    schedule: v.array(v.unknown()),
    batch: v.array(v.unknown()),
    labelSmoothing: v.array(v.unknown()),
    augment: v.array(v.unknown()),
    averaging: v.array(v.unknown()),
    leaves: v.array(v.unknown()),
  }),
);

/** The choices of parsed JSON. Throws an OptionError or DataError that says what is wrong. */
export function parseChoices(json: unknown): RecipeChoices {
  const { success, output, issues } = v.safeParse(schema, json);
  if (!success)
    throw new OptionError(`recipe: ${(issues[0].path ?? []).map(({ key }) => String(key)).join('.')}: ${issues[0].message}`);
  const { optimizer = [], ...rest } = output;
  const values = { optimizer: optimizer.map((choice) => choice.optimizer), ...rest };
  for (const [part, items] of Object.entries(values)) for (const item of items ?? []) parseRecipe({ [part]: item });
  return output as RecipeChoices;
}

/** Throws an OptionError for choices that would not be what they say: whose first is not the set-up's own, or larger than these data. */
export function checkChoices(choices: RecipeChoices, setup: TrainingSetup, { size }: Pick<Dataset, 'size'>): void {
  const { optimizer } = setup;
  const own = { optimizer, ...ownOf(setup) };
  for (const [part, values] of Object.entries(valuesOf(choices))) {
    const expected = own[part as RecipePart];
    if (values.length === 0 || canonicalJson(values[0]) !== canonicalJson(expected))
      throw new OptionError(
        `search: recipe: the first choice of ${part} must be the set-up's own, ${canonicalJson(expected)}, got ${values.length === 0 ? 'none' : canonicalJson(values[0])}; put it first, or change setup`,
      );
  }
  const [first] = choices.optimizer ?? [];
  if (first && first.rate !== 1)
    throw new OptionError(`search: recipe: the rate of the set-up's own optimizer must be 1, got ${first.rate}; change rates`);
  const large = choices.batch?.find((batch) => batch > size);
  if (large !== undefined)
    throw new OptionError(`search: recipe: a batch of ${large} is larger than the training data (${size} samples); leave it out`);
}

/** What a set-up does, as a recipe says it. */
function ownOf({
  batch,
  labelSmoothing,
  schedule = { type: 'cosine' },
  augment = {},
  averaging = { decay: 0 },
  leaves,
}: TrainingSetup): Required<Omit<Recipe, 'optimizer' | 'leaves'>> & Pick<Recipe, 'leaves'> {
  return { batch, labelSmoothing, schedule, augment, averaging, ...(leaves && { leaves }) };
}

/** Floats are chosen by a person alone: no bits cost more bytes. */
function isFew(weights: Leaving['weights']): boolean {
  return weights !== 'float';
}
