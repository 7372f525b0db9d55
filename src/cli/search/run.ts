import { basename, join, resolve } from 'node:path';
import {
  bestOf,
  checkTrialData,
  type DataSource,
  datasetHash,
  type Gpu,
  load,
  loadData,
  lockFolder,
  openGpu,
  openStudy,
  type Problem,
  type QueueEvent,
  readStudySettings,
  SearchQueue,
  type StudyFolder,
  type StudySettings,
  save,
  search,
  searched,
  strategyNamed,
  VERSION,
  type Weights,
  writeStudySettings,
} from 'paredown/node';
import { sourceOf } from '../common/data-source.ts';
import { paredownCommand } from '../common/invocation.ts';
import { printJson } from '../common/json-line.ts';
import { say } from '../common/say.ts';
import { UsageError } from '../common/usage-error.ts';
import { StudyBudget } from './budget.ts';
import { introduction } from './introduction.ts';
import { JsonProgress } from './json-progress.ts';
import { LiveSearch } from './live-search.ts';
import type { Options } from './options.ts';
import { goOnArguments, howToGoOn, Outlook } from './outlook.ts';
import { type PartedData, partedData } from './parted-data.ts';
import { type Named, namedOptions } from './problem.ts';
import { SearchProgress } from './progress.ts';
import { openQueue, type Queued, queuedOf } from './queue.ts';
import { QueueWatch } from './queue-watch.ts';
import { DEFAULTS, resolveSettings, setupOf } from './settings.ts';
import { foundIn, NONE_HOLDS, reportOf, summaryOf } from './show.ts';
import { limitsOf } from './size.ts';
import { noStudyToGoOnWith } from './studies.ts';
import { whyEnded } from './why-ended.ts';
import { startWorkers, usualWorkers } from './workers.ts';

/** What ends a search: `signal`, which `stop` fires. */
interface Ending {
  readonly signal: AbortSignal;
  readonly stop: () => void;
}

/** Runs a search, or goes on with one. Returns the exit code. */
export async function runStudy(options: Options, command: string, { signal, stop }: Ending): Promise<number> {
  const folder = options.study ?? usualFolder(options);
  const known = await readStudySettings(folder);
  if (!known && options.study !== undefined && options.data === undefined) throw new UsageError(await noStudyToGoOnWith(folder));
  await using _lock = known ? await lockFolder(folder) : undefined;
  const source = await chosenSource(options, known, folder);
  const named = await namedOptions(options, !known);
  if (options.queue !== undefined) await SearchQueue.reach(options.queue, { signal });
  const data = partedData(await loadData(source, { signal }), known);
  await using gpu = await openGpu({ signal });
  const settings = await resolveSettings(options, known, { folder, named, source, data, gpu, command });
  checkTrialData(data, setupOf(settings));
  // A new study's folder is made only now, when nothing that was typed can be wrong any more.
  await using _new = known ? undefined : await lockFolder(folder);
  if (!known && (await readStudySettings(folder)))
    throw new UsageError(`${folder}: another process has just begun a study there`);
  // A queue that is not there leaves no study behind.
  const watch = new QueueWatch();
  let live: LiveSearch | undefined;
  let atQueue: readonly string[] | undefined;
  const onEvent = (event: QueueEvent) => {
    watch.tell(event);
    if (event.type === 'taken') live?.takenBy(event.key, event.worker);
    if (event.type !== 'workers') return;
    atQueue = event.workers;
    live?.tellWorkers(atQueue);
  };
  await using queue =
    options.queue === undefined ? undefined : await openQueue(options.queue, settings, data, { gpu, onEvent, signal });
  if (!known) await begin(folder, settings, named);
  const startWeights = await startWeightsIn(folder, settings);
  const study = await openStudy(folder, settings.context);
  for (const problem of study.problems) process.stderr.write(`${problem}\n`);
  const testHash = await datasetHash(data.test);

  const { problem, lag, strategy } = settings;
  const { records } = study;
  // More than the study's lag would never work at once.
  const workers = queue ? lag : Math.min(options.workers ?? usualWorkers(gpu, problem), lag);
  await using trainers = queue ? undefined : await startWorkers(gpu, data, setupOf(settings), workers);
  const evaluators = queue?.evaluators ?? trainers?.evaluators;
  const budget = await StudyBudget.open(folder, options.budget, records, workers);
  const trials = searched(records).length;
  const asked = queue ? workers : (options.workers ?? workers);
  const queued = options.queue === undefined ? undefined : queuedOf(options.queue, settings);
  const looked = study.conclusions.at(-1);
  if (options.json) printStart(folder, settings, { gpu, data, workers, trials, queued });
  else say(introduction({ folder, settings, data, gpu, workers, asked, queued, budget, trials, looked, testHash }));
  let exhausted = false;
  const progress = options.json ? new JsonProgress() : new SearchProgress(problem, budget, records);
  const outlook = new Outlook(problem, budget);
  await using told = new LiveSearch({ folder, problem, budget, records, alone: !evaluators, stop, signal });
  live = told;
  if (atQueue) told.tellWorkers(atQueue);
  watch.begin((text) => progress.print(text));
  try {
    const searching = (drain: AbortSignal) =>
      search(gpu, data, {
        ...searchOptions(problem),
        ...(startWeights && { startWeights }),
        strategy: strategyNamed(strategy),
        setup: setupOf(settings),
        budget: budget.forRun,
        study,
        ...(evaluators && { evaluators: queue ? evaluators : told.watched(evaluators) }),
        reopen: () => openGpu({ signal }),
        lag,
        onBegin: (trial) => {
          progress.beganTrial(trial);
          told.beganTrial(trial);
        },
        onExhausted: () => {
          exhausted = true;
        },
        onTested: (done, of) => {
          budget.stop();
          told.tested();
          progress.print(`Test set: network ${done} of ${of}`);
        },
        drain,
        signal,
      });
    for (let drain = told.drain; ; drain = told.drain) {
      drain.addEventListener('abort', () => progress.print('Pausing: no trial is begun any more; those that run end first ...'));
      let concluded = false;
      for await (const step of searching(drain)) {
        if (step.type === 'conclusion') {
          concluded = true;
          continue;
        }
        progress.endedTrial(step.record, step.best, step.front.length, step.phase);
        told.endedTrial(step.record);
        if (step.phase === 'search') for (const text of outlook.after(records)) progress.print(text);
        await budget.ended();
      }
      // A pause asked for while the test set is looked at comes too late.
      if (concluded || !drain.aborted) break;
      budget.stop();
      await budget.write();
      progress.print('Paused. It goes on as it is asked to (paredown serve), or given again after Ctrl-C.');
      await told.paused();
      progress.print('Going on.');
      budget.goOn();
    }
    told.ended();
    await queue?.end();
  } finally {
    watch.close();
    progress.close();
    budget.stop();
    await budget.write();
  }
  const unspent = exhausted && study.records.length > 0;
  if (options.json) return concludeJson(folder, settings, study, { testHash, unspent, budget });
  if (unspent) say(whyEnded(settings, study.records));
  return conclude(folder, settings, study, testHash, budget);
}

function printStart(
  folder: string,
  { problem, strategy, data: { name } }: StudySettings,
  { gpu, data, workers, trials, queued }: { gpu: Gpu; data: PartedData; workers: number; trials: number; queued?: Queued },
): void {
  const { train, validation, confirmation, test } = data;
  const sizes = {
    train: train.size,
    validation: validation.size,
    ...(confirmation && { confirmation: confirmation.size }),
    test: test.size,
  };
  const about = { study: folder, data: { name, sizes, notes: data.notes }, floor: problem.floor, objective: problem.objective };
  printJson({ type: 'start', ...about, strategy, adapter: gpu.info, version: VERSION, workers, trials, queue: queued });
}

/** Tells what was found, to a program. Returns the exit code. */
async function concludeJson(
  folder: string,
  settings: StudySettings,
  study: StudyFolder,
  { testHash, unspent, budget }: { testHash: string; unspent: boolean; budget: StudyBudget },
): Promise<number> {
  const report = await reportOf({ folder, settings, study, testHash });
  const { problem } = settings;
  const found = foundIn({ folder, settings, study, testHash });
  const goOn = found.best === undefined ? { goOn: goOnArguments(problem, study.records, budget) } : {};
  printJson({ type: 'result', ...found, endedBeforeBudget: unspent, report, ...goOn });
  return found.best === undefined ? NONE_HOLDS : 0;
}

/** Tells what was found. Returns the exit code. */
async function conclude(
  folder: string,
  settings: StudySettings,
  study: StudyFolder,
  testHash: string,
  budget: StudyBudget,
): Promise<number> {
  const limits = limitsOf(settings.problem);
  if (study.records.length === 0)
    say(
      `Nothing was trained: ${limits ? `no network of the space was found that keeps to ${limits}` : 'the budget was spent before, or the space holds no network for these images'}.`,
    );
  say(summaryOf({ folder, settings, study, testHash }));
  say(`A page of it: ${await reportOf({ folder, settings, study, testHash })}`);
  if (!bestOf(settings.problem, study.records)) {
    if (study.records.length > 0) say(howToGoOn(settings.problem, study.records, folder, budget));
    return NONE_HOLDS;
  }
  say(`Its layers and weights:\n  ${paredownCommand('search', 'best', folder, '--save', 'best.safetensors')}`);
  return 0;
}

function usualFolder({ data = DEFAULTS.data, floor = DEFAULTS.floor }: Options): string {
  return join('runs', 'search', `${basename(resolve(data))}-${floor}`);
}

const START = 'start.safetensors';

async function begin(folder: string, settings: StudySettings, { start, startWeights }: Named): Promise<void> {
  if (start && startWeights) await save(join(folder, START), start, startWeights);
  await writeStudySettings(folder, settings);
}

/** The weights that a study began with, which it keeps; undefined where it has none. */
async function startWeightsIn(folder: string, { problem }: StudySettings): Promise<Weights | undefined> {
  if (problem.startWeights === undefined) return undefined;
  const loaded = await load(join(folder, START));
  return loaded.kind === 'model' ? loaded.weights : undefined;
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
function searchOptions({ floor, objective, space, start, inheriting, rungs, rates, seeds, seed, recipes }: Problem) {
  const { weights, limits } = objective;
  const recipe = recipes ?? ('fixed' as const);
  return { floor, objective: weights, limits, space, start, inheriting, rungs, rates, seeds: seeds.length, seed, recipe };
}
