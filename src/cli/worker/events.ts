import { meanAccuracy, type WorkerEvent } from 'paredown/node';
import { duration, grouped, percent } from '../common/format.ts';
import { trialLength } from '../common/trial-length.ts';

type Told = Exclude<WorkerEvent, { readonly type: 'away' | 'back' }>;

/** Of the worker. */
interface Around {
  readonly adapter: string;
  readonly processes: number;
  /** So many searches that it trains for: of several each trial tells its own. */
  readonly studies: number;
}

/** What happens, as a line for a person. A trial bears the number by which the search calls it. */
export function eventInWords(event: Told, { adapter, processes, studies }: Around): string {
  switch (event.type) {
    case 'connected':
      return `${event.worker} is at ${event.queue}: ${adapter}, ${processes === 1 ? 'one trial at a time' : `${processes} trials side by side`}`;
    case 'joined':
      return `Joined: ${event.name} (study ${event.study})`;
    case 'refused':
      return `Not for this worker: study ${event.study}: ${event.reason}`;
    case 'data':
      return `${event.name}: its data are not on this machine, and come from the queue once the search sends them`;
    case 'left':
      return `Over: ${event.name} (study ${event.study})`;
    case 'waiting':
      return 'Waiting for trials';
    case 'began':
      return `${trialOf(event, studies)}: ${grouped(event.trial.costs.parameters)} parameters, ${trialLength(event.trial)}`;
    case 'ended': {
      const speed = (event.speed / 1e9).toPrecision(3);
      return `${trialOf(event, studies)}: ${resultOf(event)} after ${duration(event.wallMs)}, ${speed} billion multiply-accumulates a second`;
    }
    case 'returned':
      return `${trialOf(event, studies)}: given back: ${event.reason}`;
    case 'lost':
      return `${trialOf(event, studies)}: no longer this worker's: the search took it back, or the worker was not heard of for too long`;
  }
}

function trialOf({ study, number, trial }: Extract<Told, { readonly trial: unknown }>, studies: number): string {
  const name = number === undefined ? `${trial.key.slice(0, 8)} for its weights` : `${number + 1}`;
  return `Trial ${name}${studies > 1 ? ` of ${study}` : ''}`;
}

/** The figure that the search tells. */
function resultOf({ trial, number = 0, outcome, wallMs }: Extract<Told, { readonly type: 'ended' }>): string {
  if (outcome.status !== 'trained') return `${outcome.status}: ${outcome.reason}`;
  return percent(meanAccuracy({ ...trial, number, outcome, wallMs }) ?? Number.NaN);
}
