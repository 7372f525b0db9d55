import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  DEFAULT_SETUP,
  type Evaluator,
  type Gpu,
  GpuEvaluator,
  lockFolder,
  openGpu,
  openStudy,
  type Problem,
  readStudySettings,
  SearchWorkers,
  type StudySettings,
  search,
  searchProblem,
  strategyNamed,
  type TrainingSetup,
  trialContext,
  VERSION,
  writeStudySettings,
} from 'paredown/node';
import { duration, grouped } from '../common/format.ts';
import { quoted } from '../common/shell.ts';
import { UsageError } from '../common/usage-error.ts';
import { type DataSource, loadData, type SearchData, sourceOf } from './data.ts';
import type { Options } from './options.ts';
import { problemOptions, setupOptions } from './problem.ts';
import { SearchProgress } from './progress.ts';
import { reportOf, summaryOf } from './show.ts';

const DEFAULTS = { data: 'mnist', floor: 0.95, strategy: 'evolve', minutes: 60 };
/** Found by nobody: the floor was not reached. */
const NONE_HOLDS = 3;

/** Runs a search, or goes on with one. Returns the exit code. */
export async function runStudy(options: Options, command: string, signal: AbortSignal): Promise<number> {
  const floor = options.floor ?? DEFAULTS.floor;
  const folder = options.study ?? join('runs', 'search', `${nameOf(options.data ?? DEFAULTS.data)}-${floor}`);
  const known = await readStudySettings(folder);
  const source = await chosenSource(options, known, folder);
  const data = await loadData(source, options.dataDir, signal);
  await using gpu = await openGpu({ signal });
  const settings = await settle(options, known, { folder, source, data, gpu, command });
  if (!known) await writeStudySettings(folder, settings);
  await using _lock = await lockFolder(folder);
  const study = await openStudy(folder, settings.context);
  for (const problem of study.problems) process.stderr.write(`${problem}\n`);

  const { problem, lag, strategy } = settings;
  const setup = setupOf(settings);
  const budget = Object.keys(options.budget).length > 0 ? options.budget : { minutes: DEFAULTS.minutes };
  const workers = options.workers ?? defaultWorkers(gpu);
  await using team = await evaluators(gpu, data, setup, workers);
  const progress = new SearchProgress(problem, budget, workers, study.records);
  introduce(progress, settings, data, { folder, gpu, workers, budget: options.budget, trials: study.records.length });
  try {
    const run = search(gpu, data, {
      ...searchOptions(problem),
      strategy: strategyNamed(strategy),
      setup,
      budget,
      study,
      evaluators: team.evaluators,
      lag,
      onBegin: (trial) => progress.beganTrial(trial),
      onTested: (done, of) => progress.print(`Test set: network ${done} of ${of}`),
      signal,
    });
    for await (const step of run)
      if (step.type === 'trial') progress.endedTrial(step.record, step.best, step.front.length, step.phase);
  } finally {
    progress.close();
  }
  process.stdout.write(`\n${summaryOf(settings, study)}\n`);
  process.stdout.write(`A page of it: ${await reportOf(folder, settings, study)}\n`);
  const best = study.conclusions.at(-1)?.best;
  if (best !== undefined)
    process.stdout.write(`Its weights: npx paredown search best ${quoted(folder)} --save best.safetensors\n`);
  return best === undefined ? NONE_HOLDS : 0;
}

function nameOf(data: string): string {
  return data.split(/[\\/]/).filter(Boolean).at(-1) ?? 'data';
}

/** The data that were typed, or those of the study. */
async function chosenSource(options: Options, known: StudySettings | undefined, folder: string): Promise<DataSource> {
  const kept = known?.data.source as DataSource | undefined;
  if (!kept) return sourceOf(options.data ?? DEFAULTS.data, options.size);
  const typed = options.data === undefined ? kept : await sourceOf(options.data, options.size ?? kept.size);
  if (JSON.stringify(typed) !== JSON.stringify(kept))
    throw new UsageError(
      `${folder} is a study of ${kept.data}${kept.size ? ` at ${kept.size}` : ''}: give another --study, or no --data`,
    );
  return kept;
}

interface Place {
  readonly folder: string;
  readonly source: DataSource;
  readonly data: SearchData;
  readonly gpu: Gpu;
  readonly command: string;
}

/** The study's settings, new or kept. Throws a UsageError where what was typed is not what the study was begun with. */
async function settle(options: Options, known: StudySettings | undefined, place: Place): Promise<StudySettings> {
  const { folder, source, data, gpu, command } = place;
  const problem = searchProblem(
    data,
    await problemOptions(options, data, options.floor ?? known?.problem.floor ?? DEFAULTS.floor),
  );
  const setup = { ...DEFAULT_SETUP, ...setupOptions(options) };
  const strategy = strategyNamed(options.strategy ?? DEFAULTS.strategy).name;
  const context = await trialContext(data, setup);
  if (!known) {
    const workers = options.workers ?? defaultWorkers(gpu);
    return {
      problem,
      strategy,
      lag: workers === 1 ? 1 : 2 * workers,
      context,
      data: { name: data.name, train: data.train.size, validation: data.validation.size, test: data.test.size, source },
      software: { version: VERSION, adapter: gpu.info.description || gpu.info.device || gpu.info.vendor },
      command,
      created: new Date().toISOString(),
    };
  }
  if (JSON.stringify(dataOf(known.context)) !== JSON.stringify(dataOf(context)))
    throw new UsageError(`${folder}: the data are others than those that the study was begun with; give another --study`);
  const changed = differences(options, known, { problem, strategy, setup });
  if (changed.length > 0)
    throw new UsageError(
      `${folder} is a study with other settings: ${changed.join('; ')}. Give another --study, or leave these options out`,
    );
  return known;
}

const dataOf = (context: object) => (context as { readonly data?: object }).data;
const setupOf = (settings: StudySettings) => (settings.context as { readonly setup: TrainingSetup }).setup;

/** What was typed and is not as the study has it, in words. */
function differences(
  options: Options,
  known: StudySettings,
  now: { readonly problem: Problem; readonly strategy: string; readonly setup: TrainingSetup },
): string[] {
  const was = known.problem;
  const setup = setupOf(known);
  const { problem } = now;
  const limits = Object.keys(options.limits).length > 0;
  const checks: readonly (readonly [typed: boolean, name: string, before: unknown, after: unknown])[] = [
    [options.floor !== undefined, '--floor', was.floor, problem.floor],
    [options.objective !== undefined, '--objective', was.objective.weights, problem.objective.weights],
    [limits, 'limits', was.objective.limits, problem.objective.limits],
    [options.start !== undefined || options.from !== undefined, 'start', was.start, problem.start],
    [options.space !== undefined, '--space', was.space, problem.space],
    [options.strategy !== undefined, '--strategy', known.strategy, now.strategy],
    [options.epochs !== undefined, '--epochs (as training samples)', was.rungs, problem.rungs],
    [options.rates !== undefined, '--rates', was.rates, problem.rates],
    [options.seeds !== undefined, '--seeds', was.seeds, problem.seeds],
    [options.seed !== undefined, '--seed', was.seed, problem.seed],
    [options.batch !== undefined, '--batch', setup.batch, now.setup.batch],
    [options.optimizer !== undefined, '--optimizer', setup.optimizer, now.setup.optimizer],
    [options.augment !== undefined, '--augment', setup.augment, now.setup.augment],
    [options.labelSmoothing !== undefined, '--label-smoothing', setup.labelSmoothing, now.setup.labelSmoothing],
  ];
  return checks.flatMap(([typed, name, before, after]) => {
    const [old, fresh] = [JSON.stringify(before), JSON.stringify(after)];
    if (!typed || old === fresh) return [];
    const short = (text: string | undefined) => (text === undefined ? 'none' : text.length > 60 ? 'another' : text);
    return [`${name} was ${short(old)}, not ${short(fresh)}`];
  });
}

/** The options of `search` that make this problem again. */
function searchOptions({ floor, objective, space, start, rungs, rates, seeds, seed }: Problem) {
  const { weights, limits } = objective;
  return { floor, objective: weights, limits, space, start, samples: rungs.at(-1), rates, seeds: seeds.length, seed };
}

/** On a software driver a process for each core does more than one with all of them. */
function defaultWorkers(gpu: Gpu): number {
  return gpu.info.kind === 'cpu' ? Math.min(8, availableParallelism()) : 1;
}

async function evaluators(gpu: Gpu, data: SearchData, setup: TrainingSetup, workers: number) {
  const parts = { train: data.train, validation: data.validation };
  if (workers > 1) {
    const threads = gpu.info.kind === 'cpu' ? Math.max(1, Math.floor(availableParallelism() / workers)) : undefined;
    return SearchWorkers.start(parts, { count: workers, setup, ...(threads && { threads }) });
  }
  const one: readonly Evaluator[] = [await GpuEvaluator.create(gpu, parts, setup)];
  return { evaluators: one, [Symbol.asyncDispose]: () => Promise.resolve() };
}

interface Introduced {
  readonly folder: string;
  readonly gpu: Gpu;
  readonly workers: number;
  readonly budget: Options['budget'];
  readonly trials: number;
}

function introduce(progress: SearchProgress, settings: StudySettings, data: SearchData, place: Introduced): void {
  const { problem, strategy, software } = settings;
  const { folder, workers, trials } = place;
  for (const note of data.notes) progress.print(note);
  const full = problem.rungs.at(-1) ?? 0;
  const minutes = place.budget.minutes ?? (Object.keys(place.budget).length === 0 ? DEFAULTS.minutes : undefined);
  progress.print(
    [
      `${data.name}: ${grouped(data.train.size)} images to train on, ${grouped(data.validation.size)} to choose by, ${grouped(data.test.size)} for one look at the end`,
      `Floor ${100 * problem.floor}%, by strategy ${strategy}; a training of full length sees ${grouped(full)} images (${(full / data.train.size).toFixed(1)} epochs)`,
      `${software.adapter}, ${workers === 1 ? 'one trial at a time' : `${workers} trials side by side`}`,
      `Study: ${folder}${trials > 0 ? `, which holds ${grouped(trials)} trials` : ''}${minutes === undefined ? '' : `; ${duration(minutes * 60_000)} of searching, then the front`}`,
      '',
    ].join('\n'),
  );
}
