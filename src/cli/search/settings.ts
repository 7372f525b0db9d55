import {
  canonicalJson,
  countsLatency,
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
import type { DataSource, LoadedData } from '../common/data-source.ts';
import { UsageError } from '../common/usage-error.ts';
import type { Options } from './options.ts';
import { type Named, problemOptions, setupOptions } from './problem.ts';
import { exactPercent } from './values.ts';
import { usualWorkers } from './workers.ts';

/** What a study is begun with that is told nothing else. */
export const DEFAULTS = { data: 'mnist', strategy: 'evolve', floor: 0.95 };

interface Inputs {
  readonly folder: string;
  readonly named: Named;
  readonly source: DataSource;
  readonly data: LoadedData;
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
  const problem = searchProblem(data, problemOptions(options, named, data, floor));
  const setup = { ...DEFAULT_SETUP, ...setupOptions(options) };
  const strategy = strategyNamed(options.strategy ?? DEFAULTS.strategy).name;
  const context = await trialContext(data, setup);
  if (known) {
    check(options, known, inputs, { problem, strategy, setup, context });
    return known;
  }
  const workers = options.workers ?? usualWorkers(gpu, problem);
  return {
    problem,
    strategy,
    lag: usualLag(workers),
    context,
    data: { name: data.name, train: data.train.size, validation: data.validation.size, test: data.test.size, source },
    software: { version: VERSION, adapter: adapterOf(gpu) },
    command,
    created: new Date().toISOString(),
  };
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
    [limits, 'the limits (--max-...)', was.objective.limits, problem.objective.limits],
    [options.start !== undefined || options.from !== undefined, 'the start (--start, --from)', was.start, problem.start],
    [options.space !== undefined, '--space', was.space, problem.space],
    [options.strategy !== undefined, '--strategy', known.strategy, now.strategy],
    [options.epochs !== undefined, '--epochs, as training samples,', was.rungs.at(-1), problem.rungs.at(-1)],
    [options.rates !== undefined, '--rates', was.rates, problem.rates],
    [options.seeds !== undefined, '--seeds', was.seeds.length, problem.seeds.length],
    [options.seed !== undefined, '--seed', was.seed, problem.seed],
    [options.batch !== undefined, '--batch', setup.batch, now.setup.batch],
    [options.optimizer !== undefined, '--optimizer', setup.optimizer.type, now.setup.optimizer.type],
    [options.augment !== undefined, '--augment', setup.augment, now.setup.augment],
    [options.labelSmoothing !== undefined, '--label-smoothing', setup.labelSmoothing, now.setup.labelSmoothing],
  ];
  return checks.flatMap(([typed, name, before, after]) => {
    if (!typed || canonicalJson(before) === canonicalJson(after)) return [];
    return [`${name} was ${short(before)}, not ${short(after)}`];
  });
}

function short(value: unknown): string {
  if (value === undefined) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? 'another' : text;
}
