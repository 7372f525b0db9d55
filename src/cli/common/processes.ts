import { availableParallelism } from 'node:os';
import type { Gpu } from 'paredown/node';

const MOST_PROCESSES = 8;

type Kind = Gpu['info']['kind'];

/** How many processes train side by side: on a software driver one for each core does more than one with all of them. */
export function usualProcesses(kind: Kind): number {
  return kind === 'cpu' ? Math.min(MOST_PROCESSES, availableParallelism()) : 1;
}

/** The threads that a software driver takes in each; undefined for a GPU. */
export function threadsEach(kind: Kind, processes: number): number | undefined {
  return kind === 'cpu' ? Math.max(1, Math.floor(availableParallelism() / processes)) : undefined;
}
