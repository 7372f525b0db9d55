import {
  countsLatency,
  type Evaluator,
  type Gpu,
  type Problem,
  SearchWorkers,
  type TrainingSetup,
  type TrialData,
} from 'paredown/node';
import { threadsEach, usualProcesses } from '../common/processes.ts';

/** Where latencies are measured, one alone: others would disturb it. */
export function usualWorkers(gpu: Gpu, problem: Problem): number {
  return countsLatency(problem.objective) ? 1 : usualProcesses(gpu.info.kind);
}

interface Workers extends AsyncDisposable {
  /** None: the search trains on its own GPU. */
  readonly evaluators?: readonly Evaluator[];
}

/**
 * What trains the trials: this process, or others of their own. On a software driver these are others also where there is one: what
 * the driver keeps of each network is freed with it.
 */
export async function startWorkers(
  gpu: Gpu,
  { train, validation, confirmation }: TrialData,
  setup: TrainingSetup,
  workers: number,
): Promise<Workers> {
  const { kind } = gpu.info;
  if (workers > 1 || kind === 'cpu') {
    const threads = threadsEach(kind, workers);
    return SearchWorkers.start(
      { train, validation, ...(confirmation && { confirmation }) },
      { count: workers, setup, ...(threads && { threads }) },
    );
  }
  return { [Symbol.asyncDispose]: () => Promise.resolve() };
}
