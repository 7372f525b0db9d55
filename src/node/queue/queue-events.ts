/** What is told of the connection to a queue. */
export type ConnectionEvent =
  /** It broke, and is made again for as long as it takes: what is asked of the queue waits. */
  { readonly type: 'away'; readonly queue: string } | { readonly type: 'back'; readonly queue: string; readonly awayMs: number };

/** What a search is told of its queue. */
export type QueueEvent =
  | ConnectionEvent
  /** The workers that train for the study, at first and whenever others are there. */
  | { readonly type: 'workers'; readonly workers: readonly string[] }
  /** A worker trains the trial of this key; without one it waits again for another. */
  | { readonly type: 'taken'; readonly key: string; readonly worker?: string };
