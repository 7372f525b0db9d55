import { basename, join, resolve } from 'node:path';
import {
  bestTraining,
  checkTrialData,
  datasetHash,
  type Gpu,
  lockFolder,
  openGpu,
  openStudy,
  type Problem,
  readStudySettings,
  type StudyFolder,
  type StudySettings,
  search,
  searched,
  strategyNamed,
  VERSION,
  writeStudySettings,
} from 'paredown/node';
import { type DataSource, type LoadedData, loadData, sourceOf } from '../common/data-source.ts';
import { paredownCommand } from '../common/invocation.ts';
import { printJson } from '../common/json-line.ts';
import { UsageError } from '../common/usage-error.ts';
import { StudyBudget } from './budget.ts';
import { introduction } from './introduction.ts';
import { JsonProgress } from './json-progress.ts';
import type { Options } from './options.ts';
import { namedOptions } from './problem.ts';
import { SearchProgress } from './progress.ts';
import { DEFAULTS, resolveSettings, setupOf } from './settings.ts';
import { foundIn, NONE_HOLDS, reportOf, summaryOf } from './show.ts';
import { limitsOf } from './size.ts';
import { startWorkers, usualWorkers } from './workers.ts';

/** Runs a search, or goes on with one. Returns the exit code. */
export async function runStudy(options: Options, command: string, signal: AbortSignal): Promise<number> {
  const folder = options.study ?? usualFolder(options);
  const known = await readStudySettings(folder);
  await using _lock = known ? await lockFolder(folder) : undefined;
  const source = await chosenSource(options, known, folder);
  const named = await namedOptions(options);
  const data = await loadData(source, { signal });
  await using gpu = await openGpu({ signal });
  const settings = await resolveSettings(options, known, { folder, named, source, data, gpu, command });
  checkTrialData(data, setupOf(settings));
  // A new study's folder is made only now, when nothing that was typed can be wrong any more.
  await using _new = known ? undefined : await lockFolder(folder);
  if (!known) await begin(folder, settings);
  const study = await openStudy(folder, settings.context);
  for (const problem of study.problems) process.stderr.write(`${problem}\n`);
  const testHash = await datasetHash(data.test);

  const { problem, lag, strategy } = settings;
  const { records } = study;
  // More than the study's lag would never work at once.
  const workers = Math.min(options.workers ?? usualWorkers(gpu, problem), lag);
  await using trainers = await startWorkers(gpu, data, setupOf(settings), workers);
  const budget = await StudyBudget.open(folder, options.budget, records, workers);
  const trials = searched(records).length;
  const asked = options.workers ?? workers;
  const looked = study.conclusions.at(-1);
  if (options.json) printStart(folder, settings, { gpu, data, workers, trials });
  else
    process.stdout.write(`${introduction({ folder, settings, data, gpu, workers, asked, budget, trials, looked, testHash })}\n`);
  const progress = options.json ? new JsonProgress() : new SearchProgress(problem, budget, records);
  try {
    const run = search(gpu, data, {
      ...searchOptions(problem),
      strategy: strategyNamed(strategy),
      setup: setupOf(settings),
      budget: budget.forRun(records, workers),
      study,
      ...(trainers.evaluators && { evaluators: trainers.evaluators }),
      reopen: () => openGpu({ signal }),
      lag,
      onBegin: (trial) => {
        if (trial.origin.strategy === 'finish') budget.stop();
        progress.beganTrial(trial);
      },
      onTested: (done, of) => {
        budget.stop();
        progress.print(`Test set: network ${done} of ${of}`);
      },
      signal,
    });
    for await (const step of run) {
      if (step.type === 'conclusion') continue;
      progress.endedTrial(step.record, step.best, step.front.length, step.phase);
      if (step.phase === 'search') await budget.ended();
    }
  } finally {
    progress.close();
    budget.stop();
    await budget.write();
  }
  const unspent = study.records.length > 0 && budget.unspent(study.records);
  if (options.json) return concludeJson(folder, settings, study, { testHash, unspent });
  if (unspent)
    process.stdout.write('The search ended before its budget: within the space and the limits there was nothing more to try.\n');
  return conclude(folder, settings, study, testHash);
}

function printStart(
  folder: string,
  { problem, strategy, data: { name } }: StudySettings,
  { gpu, data, workers, trials }: { gpu: Gpu; data: LoadedData; workers: number; trials: number },
): void {
  const sizes = { train: data.train.size, validation: data.validation.size, test: data.test.size };
  const about = { study: folder, data: { name, sizes, notes: data.notes }, floor: problem.floor, objective: problem.objective };
  printJson({ type: 'start', ...about, strategy, adapter: gpu.info, version: VERSION, workers, trials });
}

/** Tells what was found, to a program. Returns the exit code. */
async function concludeJson(
  folder: string,
  settings: StudySettings,
  study: StudyFolder,
  { testHash, unspent }: { testHash: string; unspent: boolean },
): Promise<number> {
  const report = await reportOf({ folder, settings, study, testHash });
  printJson({ type: 'result', ...foundIn({ folder, settings, study, testHash }), endedBeforeBudget: unspent, report });
  return bestTraining(settings.problem, study.records) ? 0 : NONE_HOLDS;
}

/** Tells what was found. Returns the exit code. */
async function conclude(folder: string, settings: StudySettings, study: StudyFolder, testHash: string): Promise<number> {
  const limits = limitsOf(settings.problem);
  if (study.records.length === 0)
    process.stdout.write(
      `Nothing was trained: ${limits ? `no network of the space was found that keeps to ${limits}` : 'the budget was spent before, or the space holds no network for these images'}.\n`,
    );
  process.stdout.write(`${summaryOf({ folder, settings, study, testHash })}\n`);
  process.stdout.write(`A page of it: ${await reportOf({ folder, settings, study, testHash })}\n`);
  if (!bestTraining(settings.problem, study.records)) return NONE_HOLDS;
  process.stdout.write(`Its weights: ${paredownCommand('search', 'best', folder, '--save', 'best.safetensors')}\n`);
  return 0;
}

function usualFolder({ data = DEFAULTS.data, floor = DEFAULTS.floor }: Options): string {
  return join('runs', 'search', `${basename(resolve(data))}-${floor}`);
}

async function begin(folder: string, settings: StudySettings): Promise<void> {
  if (await readStudySettings(folder)) throw new UsageError(`${folder}: another process has just begun a study there`);
  await writeStudySettings(folder, settings);
}

/** The data that were typed, or those of the study. */
async function chosenSource(options: Options, known: StudySettings | undefined, folder: string): Promise<DataSource> {
  const { data, size, dataDir } = options;
  const kept = known?.data.source as DataSource | undefined;
  if (!kept) return sourceOf(data ?? DEFAULTS.data, size, dataDir);
  const typed = await sourceOf(data ?? kept.data, size ?? kept.size, dataDir ?? kept.dir);
  if (typed.data !== kept.data || typed.size !== kept.size)
    throw new UsageError(
      `${folder} is a study of ${kept.data}${kept.size ? ` at --size ${kept.size}` : ''}, not of ${typed.data}${typed.size ? ` at --size ${typed.size}` : ''}: give another --study, or leave --data and --size out`,
    );
  return typed;
}

/** The options of `search` that make this problem again. */
function searchOptions({ floor, objective, space, start, rungs, rates, seeds, seed }: Problem) {
  const { weights, limits } = objective;
  return { floor, objective: weights, limits, space, start, samples: rungs.at(-1), rates, seeds: seeds.length, seed };
}
