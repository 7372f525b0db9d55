import {
  canonicalJson,
  countsLatency,
  type DataSource,
  DEFAULT_SETUP,
  type Gpu,
  type Problem,
  type StudySettings,
  searchProblem,
  strategyNamed,
  type TrainingSetup,
  trialContext,
  usualLag,
  VERSION,
} from 'paredown/node';
import { UsageError } from '../common/usage-error.ts';
import type { Options } from './options.ts';
import type { PartedData } from './parted-data.ts';
import { type Named, problemOptions, setupOptions } from './problem.ts';
import { exactPercent } from './values.ts';
import { usualWorkers } from './workers.ts';

/** How many processes a new study over a queue is meant for. */
const QUEUE_WORKERS = 4;

/** What a study is begun with that is told nothing else. */
export const DEFAULTS = { data: 'mnist', strategy: 'evolve', floor: 0.95 };

interface Inputs {
  readonly folder: string;
  readonly named: Named;
  readonly source: DataSource;
  readonly data: PartedData;
  readonly gpu: Gpu;
  readonly command: string;
}

export const adapterOf = ({ info }: Gpu): string => info.description || info.device || info.vendor;
export const setupOf = (settings: StudySettings) => (settings.context as { readonly setup: TrainingSetup }).setup;

/** The study's settings, new or kept. Throws a UsageError where what was typed is not what the study was begun with. */
export async function resolveSettings(
  options: Options,
  known: StudySettings | undefined,
  inputs: Inputs,
): Promise<StudySettings> {
  const { named, source, data, gpu, command } = inputs;
  const floor = options.floor ?? known?.problem.floor ?? DEFAULTS.floor;
  const { name, choosesRecipes } = strategyNamed(options.strategy ?? known?.strategy ?? DEFAULTS.strategy);
  if (options.recipe === 'searched' && !choosesRecipes)
    throw new UsageError(
      `--recipe searched: strategy ${name} trains every network alike; leave it out, or take --strategy evolve`,
    );
  const recipe = choosesRecipes ? options.recipe : 'fixed';
  const problem = searchProblem(data, problemOptions({ ...options, recipe, strategy: name }, named, data, floor));
  const stops = { floor: problem.floor, samples: problem.rungs.at(-1) ?? 1 };
  const setup = { ...DEFAULT_SETUP, ...setupOptions(options), stops };
  const strategy = strategyNamed(options.strategy ?? DEFAULTS.strategy).name;
  const context = await trialContext(data, setup);
  if (known) {
    check(options, known, inputs, { problem, strategy, setup, context });
    return known;
  }
  checkLength(options.epochs, data.train.size, setup.batch);
  const workers = options.workers ?? (options.queue === undefined ? usualWorkers(gpu, problem) : QUEUE_WORKERS);
  return {
    problem,
    strategy,
    lag: usualLag(workers, strategyNamed(strategy)),
    context,
    data: {
      name: data.name,
      train: data.train.size,
      validation: data.validation.size,
      ...(data.confirmation && { confirmation: data.confirmation.size }),
      test: data.test.size,
      source,
    },
    software: { version: VERSION, adapter: adapterOf(gpu) },
    command,
    created: new Date().toISOString(),
  };
}

/** Throws a UsageError where not one step would be trained. */
function checkLength(epochs: number | undefined, samples: number, batch: number): void {
  if (epochs === undefined || epochs * samples >= batch) return;
  const least = Math.ceil((batch / samples) * 1e6) / 1e6;
  throw new UsageError(
    `--epochs ${epochs} is less than one step: a step takes ${batch} of the ${samples} training images, so give at least ${least}`,
  );
}

interface Now {
  readonly problem: Problem;
  readonly strategy: string;
  readonly setup: TrainingSetup;
  readonly context: object;
}

const dataOf = (context: object) => (context as { readonly data?: object }).data;

function check(options: Options, known: StudySettings, { folder, gpu }: Inputs, now: Now): void {
  if (JSON.stringify(dataOf(known.context)) !== JSON.stringify(dataOf(now.context)))
    throw new UsageError(
      `${folder}: the data are others than those that the study was begun with (images were added, removed or changed); give another --study`,
    );
  if (countsLatency(known.problem.objective) && known.software.adapter !== adapterOf(gpu))
    throw new UsageError(
      `${folder}: its latencies were measured on ${known.software.adapter}, and this is ${adapterOf(gpu)}; give another --study`,
    );
  const changed = differences(options, known, now);
  if (changed.length > 0)
    throw new UsageError(
      `${folder} is a study with other settings: ${changed.join('; ')}. Give another --study, or leave these options out`,
    );
}

/** What was typed and is not as the study has it, in words. */
function differences(options: Options, known: StudySettings, now: Now): string[] {
  const was = known.problem;
  const setup = setupOf(known);
  const { problem } = now;
  const limits = Object.keys(options.limits).length > 0;
  const checks: readonly (readonly [typed: boolean, name: string, before: unknown, after: unknown])[] = [
    [options.floor !== undefined, '--floor', exactPercent(was.floor), exactPercent(problem.floor)],
    [options.objective !== undefined, '--objective', was.objective.weights, problem.objective.weights],
    [options.format !== undefined, '--format', setup.leaves?.format, now.setup.leaves?.format],
    [limits, 'the limits (--max-...)', was.objective.limits, problem.objective.limits],
    [options.start !== undefined || options.from !== undefined, 'the start (--start, --from)', was.start, problem.start],
    [now.problem.startWeights !== undefined, 'the weights of the start', was.startWeights, problem.startWeights],
    [options.space !== undefined, '--space', was.space, problem.space],
    [options.inheriting !== undefined, '--inheriting', was.inheriting ?? 0, problem.inheriting ?? 0],
    [options.strategy !== undefined, '--strategy', known.strategy, now.strategy],
    [options.epochs !== undefined, '--epochs', epochsOf(was, known), epochsOf(problem, known)],
    [options.rates !== undefined, '--rates', was.rates, problem.rates],
    [options.seeds !== undefined, '--seeds', was.seeds.length, problem.seeds.length],
    [options.seed !== undefined, '--seed', was.seed, problem.seed],
    [options.batch !== undefined, '--batch', setup.batch, now.setup.batch],
    [options.optimizer !== undefined, '--optimizer', setup.optimizer, now.setup.optimizer],
    [options.recipe !== undefined, '--recipe', recipeOf(was), recipeOf(problem)],
    [options.schedule !== undefined, '--schedule', setup.schedule, now.setup.schedule],
    [options.averaging !== undefined, '--averaging', setup.averaging, now.setup.averaging],
    [options.augment !== undefined, '--augment', setup.augment, now.setup.augment],
    [options.labelSmoothing !== undefined, '--label-smoothing', setup.labelSmoothing, now.setup.labelSmoothing],
  ];
  return checks.flatMap(([typed, name, before, after]) => {
    if (!typed || canonicalJson(before) === canonicalJson(after)) return [];
    return [`${name} was ${short(before)}, not ${short(after)}`];
  });
}

/** Passes over the training data of a training of full length. */
export function epochsOf({ rungs }: Problem, { data: { train } }: Pick<StudySettings, 'data'>): number {
  return Number(((rungs.at(-1) ?? 0) / train).toPrecision(4));
}

const recipeOf = ({ recipes }: Problem) => (recipes ? 'searched' : 'fixed');

function short(value: unknown): string {
  if (value === undefined) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? 'another' : text;
}
