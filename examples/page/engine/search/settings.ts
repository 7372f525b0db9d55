import {
  DEFAULT_SETUP,
  type DecodedModel,
  type Gpu,
  keptBack,
  type SearchOptions,
  type StudySettings,
  searchProblem,
  strategyNamed,
  type TrainingSetup,
  trialContext,
  usualLag,
  VERSION,
} from 'paredown';
import type { Splits } from '../session.ts';
import type { SearchChoices } from './calls.ts';

/** What is trained on, what is chosen by, what confirms, and what is looked at in the end. */
export type Parted = Splits & ReturnType<typeof keptBack>;

export const partedData = (splits: Splits): Parted => ({ ...splits, ...keptBack(splits.validation) });

/** The settings of a new study, as the command line would write them. */
export async function settingsFor(
  choices: SearchChoices,
  data: Parted,
  gpu: Gpu,
  start: DecodedModel | undefined,
): Promise<StudySettings> {
  const { floor, objective, epochs, seed, parameters } = choices;
  const { train, validation, confirmation, test } = data;
  const strategy = strategyNamed(choices.strategy);
  const samples = Math.max(1, Math.round(epochs * train.size));
  const chosen: Partial<TrainingSetup> = objective === 'bytes' ? { leaves: { format: 'compressed', weights: 8 } } : {};
  const setup: TrainingSetup = { ...DEFAULT_SETUP, ...chosen, stops: { floor, samples } };
  const problem = searchProblem(data, {
    ...{ floor, objective, samples, seed, strategy },
    setup: chosen,
    recipe: strategy.choosesRecipes ? 'searched' : 'fixed',
    ...(parameters !== undefined && { limits: { parameters } }),
    ...(start && { start: start.model, startWeights: start.weights }),
  });
  return {
    problem,
    strategy: strategy.name,
    lag: usualLag(1, strategy),
    context: await trialContext(data, setup),
    data: {
      name: train.name,
      train: train.size,
      validation: validation.size,
      ...(confirmation && { confirmation: confirmation.size }),
      test: test.size,
      source: { data: train.name },
    },
    software: { version: VERSION, adapter: adapterOf(gpu) },
    created: new Date().toISOString(),
  };
}

export const setupOf = ({ context }: StudySettings) => (context as { readonly setup: TrainingSetup }).setup;

/** The options that a search with these settings is given. */
export function searchOptionsOf(settings: StudySettings, start: DecodedModel | undefined): SearchOptions {
  const { floor, objective, space, start: begun, inheriting, rungs, rates, seeds, seed, recipes } = settings.problem;
  return {
    ...{ floor, objective: objective.weights, limits: objective.limits, space, start: begun, inheriting, rungs, rates, seed },
    seeds: seeds.length,
    recipe: recipes ?? 'fixed',
    ...(start && { startWeights: start.weights }),
    strategy: strategyNamed(settings.strategy),
    setup: setupOf(settings),
    lag: settings.lag,
  };
}

/** Why a study can't go on with these data, in words; undefined where it can. */
export async function obstacleTo(settings: StudySettings, data: Parted | undefined): Promise<string | undefined> {
  const { software, data: known } = settings;
  if (software.version !== VERSION)
    return `It was begun by version ${software.version} of this page, and this is ${VERSION}: it can be looked at and downloaded, and not go on.`;
  if (!data) return `It is of ${known.name}; load these data, and it goes on.`;
  const context = await trialContext(data, setupOf(settings));
  return JSON.stringify(context) === JSON.stringify(settings.context)
    ? undefined
    : `It is of other data, ${known.name} with ${known.train} training images; load these again, and it goes on.`;
}

function adapterOf({ info }: Gpu): string {
  return info.description || info.device || info.vendor || 'an adapter without a name';
}
