import type { Outcome, Trial } from '../../search/trial.ts';
import type { ConnectionEvent } from './queue-events.ts';

/** A trial as the search calls it. */
interface Told {
  readonly study: string;
  /** As records count, from 0; undefined of a training that is done again for its weights. */
  readonly number?: number;
  readonly trial: Trial;
}

/** What a worker tells as it goes. */
export type WorkerEvent =
  | ConnectionEvent
  /** It is at the queue. */
  | { readonly type: 'connected'; readonly queue: string; readonly worker: string }
  /** It has what it needs to train for a study. */
  | { readonly type: 'joined'; readonly study: string; readonly name: string }
  /** It does not train for a study. */
  | { readonly type: 'refused'; readonly study: string; readonly reason: string }
  /** Data that are not on this machine come from the search, which must run for that. */
  | { readonly type: 'data'; readonly study: string; readonly name: string }
  /** A study is over. */
  | { readonly type: 'left'; readonly study: string; readonly name: string }
  /** It has nothing to do. */
  | { readonly type: 'waiting' }
  | ({ readonly type: 'began' } & Told)
  | ({
      readonly type: 'ended';
      /** As the search keeps it. */
      readonly outcome: Outcome;
      readonly wallMs: number;
      /** Multiply-accumulates of forward passes a second. */
      readonly speed: number;
    } & Told)
  /** It was given back, for this worker leaves, or it lost what trained it here. */
  | ({ readonly type: 'returned'; readonly reason: string } & Told)
  /** The search took it back, or this worker was not heard of for longer than its lease, and another may have it. */
  | ({ readonly type: 'lost' } & Told);
