/** What is known of the process of a study or a training. */
export type Condition =
  | 'running'
  | 'pausing'
  | 'paused'
  | 'stopping'
  | 'ended'
  | 'stopped'
  | 'failed'
  /** Its process is gone, without a word. */
  | 'interrupted'
  /** Its process is of another machine, or another container, and has not told anything for long. */
  | 'unheard'
  /** No process is at work, and none has told anything. */
  | 'idle';

export interface Doing {
  readonly condition: Condition;
  /** When it told this, and when it began, in ISO 8601. */
  readonly updated?: string;
  readonly started?: string;
  /** 'search', 'finish' or 'test' of a search, 'training' or 'test' of a training. */
  readonly phase?: string;
  /** Of the budget or the steps, from 0 to 1. */
  readonly share?: number;
  readonly leftMs?: number;
  readonly running: readonly RunningTrial[];
  /** Those at the queue; absent where there is none. */
  readonly workers?: readonly string[];
  /** Of the process, to ask it by; absent where nothing can be asked. */
  readonly session?: string;
}

export interface RunningTrial {
  readonly key: string;
  readonly name: string;
  readonly since: string;
  readonly worker?: string;
}

export const CONDITIONS: Readonly<Record<Condition, string>> = {
  running: 'running',
  pausing: 'pausing',
  paused: 'paused',
  stopping: 'stopping',
  ended: 'ended',
  stopped: 'stopped',
  failed: 'failed',
  interrupted: 'interrupted',
  unheard: 'not heard of',
  idle: 'at rest',
};

/** Whether something may still come. */
export function isLive({ condition }: Doing): boolean {
  return ['running', 'pausing', 'paused', 'stopping', 'unheard'].includes(condition);
}
