import { access } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { readBytes } from './file-error.ts';
import { undefinedIfMissing, writeFileAtomic } from './files.ts';

const text = v.string();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A trial that is trained now, or waits for a worker. */
const running = v.object({
  key: text,
  /** What it is, for a person: size, length, seeds. */
  name: text,
  /** When it was begun, in ISO 8601. */
  since: text,
  /** The process or machine that trains it; absent where it is not known, or none has taken it yet. */
  worker: v.optional(text),
});

const state = v.object({
  format: v.literal(1),
  /** Of one start of the process: what is asked of an earlier one is not heeded. */
  session: text,
  /** Of the process, as the lock of the folder names it. */
  pid: count,
  state: v.picklist(['running', 'pausing', 'paused', 'stopping', 'ended', 'stopped', 'failed']),
  /** Both in ISO 8601. */
  started: text,
  updated: text,
  phase: v.optional(text),
  /** Of the budget or the steps that is behind it, from 0 to 1. */
  share: v.optional(v.number()),
  leftMs: v.optional(v.number()),
  running: v.array(running),
  /** Those at the queue. */
  workers: v.optional(v.array(text)),
  /** Trials that were ended, where it searches. */
  trials: v.optional(count),
});

const control = v.object({ format: v.literal(1), session: text, request: v.picklist(['pause', 'go on', 'stop']) });

/** What the state.json of a folder tells of the process that searches or trains there, or that did so last. */
export type LiveState = v.InferOutput<typeof state>;
export type RunningTrial = v.InferOutput<typeof running>;
/** What can be asked of a process. */
export type LiveRequest = v.InferOutput<typeof control>['request'];

/** Undefined where there is none, or one that is damaged: it is no more than a convenience. */
export async function readLiveState(folder: string): Promise<LiveState | undefined> {
  return parsed(state, await textOf(join(folder, 'state.json')));
}

/** Makes no folder: one that is gone stays so. */
export async function writeLiveState(folder: string, live: LiveState): Promise<void> {
  await access(folder);
  await writeFileAtomic(join(folder, 'state.json'), `${JSON.stringify(live)}\n`);
}

/** What is asked of the process of this session; undefined where nothing is. */
export async function readRequest(folder: string, session: string): Promise<LiveRequest | undefined> {
  const found = parsed(control, await textOf(join(folder, 'control.json')));
  return found?.session === session ? found.request : undefined;
}

/** Asks the process of this session to pause, to go on, or to stop as by Ctrl-C: it looks twice a second. */
export async function writeRequest(folder: string, session: string, request: LiveRequest): Promise<void> {
  await writeFileAtomic(join(folder, 'control.json'), `${JSON.stringify({ format: 1, session, request })}\n`);
}

async function textOf(path: string): Promise<string | undefined> {
  const bytes = await readBytes(path).catch(undefinedIfMissing);
  return bytes && new TextDecoder().decode(bytes);
}

function parsed<T>(schema: v.GenericSchema<unknown, T>, json: string | undefined): T | undefined {
  try {
    const found = v.safeParse(schema, JSON.parse(json ?? 'null'));
    return found.success ? found.output : undefined;
  } catch {
    return undefined;
  }
}
