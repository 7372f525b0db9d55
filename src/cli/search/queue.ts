import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import {
  canonicalJson,
  countsLatency,
  type Gpu,
  QueueAddress,
  type QueueEvent,
  SearchQueue,
  type StudySettings,
  type TrialData,
} from 'paredown/node';
import { paredownCommand } from '../common/invocation.ts';
import { adapterOf, setupOf } from './settings.ts';
import { exactPercent } from './values.ts';

/** What a worker has to be told, for a person. */
export interface Queued {
  /** Without user and password. */
  readonly url: string;
  /** Of the study. */
  readonly id: string;
  /** What is typed on a machine that is to train, but for what is secret. */
  readonly worker: string;
}

export function queuedOf(url: string, settings: StudySettings): Queued {
  const address = new QueueAddress(url);
  const worker = `PAREDOWN_QUEUE=${address.shownFor(hostname())} ${paredownCommand('worker')}`;
  return { url: address.shown, id: studyId(settings), worker };
}

/** Of a study, wherever its folder lies: the same whenever it is taken up again. */
function studyId({ context, created }: StudySettings): string {
  return createHash('sha256')
    .update(canonicalJson([context, created]))
    .digest('hex')
    .slice(0, 16);
}

/** What trains the trials: whatever workers come to the queue. */
export function openQueue(
  url: string,
  settings: StudySettings,
  { train, validation, confirmation }: TrialData,
  { gpu, onEvent, signal }: { readonly gpu: Gpu; readonly onEvent: (event: QueueEvent) => void; readonly signal: AbortSignal },
): Promise<SearchQueue> {
  const { data, problem, lag } = settings;
  return SearchQueue.open(
    { train, validation, ...(confirmation && { confirmation }) },
    {
      url,
      id: studyId(settings),
      name: `${data.name} at ${exactPercent(problem.floor)}`,
      setup: setupOf(settings),
      slots: lag,
      source: data.source,
      ...(countsLatency(problem.objective) && { adapter: adapterOf(gpu) }),
      onEvent,
      signal,
    },
  );
}
