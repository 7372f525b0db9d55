import {
  type DataSource,
  keptBack,
  loadData,
  openGpu,
  type QueueTrainer,
  QueueWorker,
  SearchWorkers,
  type StudyAnnouncement,
  type TrialData,
  type WorkerEvent,
} from 'paredown/node';
import { printJson } from '../common/json-line.ts';
import { threadsEach, usualProcesses } from '../common/processes.ts';
import { QueueAway } from '../common/queue-away.ts';
import { adapterOf } from '../search/settings.ts';
import { eventInWords } from './events.ts';
import type { Leaving } from './leaving.ts';
import type { Options } from './options.ts';

/** Trains until it is told to leave. */
export async function runWorker(
  { queue, study, dataDir, workers, name, json = false }: Options,
  leaving: Leaving,
): Promise<void> {
  const { adapter, kind } = await adapterHere(leaving.signal);
  const processes = workers ?? usualProcesses(kind);
  const threads = threadsEach(kind, processes);
  const { signal, finish } = leaving;
  const print = (text: string) => process.stdout.write(`${text}\n`);
  const away = new QueueAway(print, 'trials go on');
  let studies = 0;
  const tell = (event: WorkerEvent) => {
    if (json) return printJson(event.type === 'connected' ? { ...event, adapter, processes } : event);
    if (event.type === 'away' || event.type === 'back') return away.tell(event);
    if (event.type === 'joined') studies++;
    print(eventInWords(event, { adapter, processes, studies }));
    if (event.type === 'left') studies--;
  };
  const serving = QueueWorker.serve({
    url: queue,
    adapter,
    processes,
    find: (announced) => localData(announced, dataDir),
    trainer: (announced, data) => startTrainer(announced, data, threads),
    onEvent: tell,
    finish,
    signal,
    ...(study !== undefined && { study }),
    ...(name !== undefined && { name }),
  });
  await serving.finally(() => away.close());
}

async function adapterHere(signal: AbortSignal) {
  await using gpu = await openGpu({ signal });
  return { adapter: adapterOf(gpu), kind: gpu.info.kind };
}

/** The data of a study where they lie on this machine, which its hashes decide; nothing is downloaded. */
async function localData({ source, context }: StudyAnnouncement, dir: string | undefined): Promise<TrialData | undefined> {
  const { data, dir: theirs, ...rest } = (source ?? {}) as Partial<DataSource>;
  if (data === undefined) return undefined;
  for (const place of new Set([dir ?? theirs, undefined])) {
    const located = { data, ...rest, ...(place !== undefined && { dir: place }) };
    const found = await loadData(located, { offline: true }).catch(() => undefined);
    if (found) return context.data.confirmation === undefined ? found : { ...found, ...keptBack(found.validation) };
  }
  return undefined;
}

async function startTrainer({ context }: StudyAnnouncement, data: TrialData, threads: number | undefined): Promise<QueueTrainer> {
  const workers = await SearchWorkers.start(data, { count: 1, setup: context.setup, ...(threads && { threads }) });
  const [evaluator] = workers.evaluators;
  if (!evaluator) throw new Error('A search worker without an evaluator');
  return {
    evaluate: (trial, options) => evaluator.evaluate(trial, options),
    [Symbol.asyncDispose]: () => workers[Symbol.asyncDispose](),
  };
}
