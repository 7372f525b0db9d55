import { availableParallelism } from 'node:os';
import {
  countsLatency,
  type Evaluator,
  type Gpu,
  type Problem,
  SearchWorkers,
  type TrainingSetup,
  type TrialData,
} from 'paredown/node';

/** On a software driver a process for each core does more than one with all of them. */
export function usualWorkers(gpu: Gpu, problem: Problem): number {
  return gpu.info.kind === 'cpu' && !countsLatency(problem.objective) ? Math.min(8, availableParallelism()) : 1;
}

interface Workers extends AsyncDisposable {
  /** None: the search trains on its own GPU. */
  readonly evaluators?: readonly Evaluator[];
}

/** What trains the trials: this process, or several of their own. */
export async function startWorkers(
  gpu: Gpu,
  { train, validation }: TrialData,
  setup: TrainingSetup,
  workers: number,
): Promise<Workers> {
  if (workers > 1) {
    const threads = gpu.info.kind === 'cpu' ? Math.max(1, Math.floor(availableParallelism() / workers)) : undefined;
    return SearchWorkers.start({ train, validation }, { count: workers, setup, ...(threads && { threads }) });
  }
  return { [Symbol.asyncDispose]: () => Promise.resolve() };
}
