import { batch, signal } from '@preact/signals';
import { proxy, type Remote, transfer, wrap } from 'comlink';
import type { Loaded, Point, SearchChoices, SearchView, SubjectFacts } from '../../engine/search/calls.ts';
import type { SearchCalls } from '../../engine/search-worker.ts';
import { engine } from '../engine.ts';
import { messageOf } from '../messages.ts';
import { subjectVersion } from '../state.ts';
import { type Asked, followed } from './follow.ts';

/** What is known of the search; undefined until its worker has looked. */
export const view = signal<SearchView | undefined>(undefined);
/** When that was told, in epoch milliseconds. */
export const toldAt = signal(0);
/** The network that could be pared, where there is one; undefined until it is known. */
export const pared = signal<{ readonly facts: SubjectFacts | undefined } | undefined>(undefined);
/** The network of the front that is looked at. */
export const chosen = signal<Point | undefined>(undefined);
/** What became of it as the network that is asked. */
export const asked = signal<Asked | undefined>(undefined);

let worker: Remote<SearchCalls> | undefined;

/** The worker that searches, which is started once somebody wants to search. */
export function searching(): Remote<SearchCalls> {
  if (worker) return worker;
  worker = wrap<SearchCalls>(new Worker(new URL('../../engine/search-worker.ts', import.meta.url), { type: 'module' }));
  const { port1, port2 } = new MessageChannel();
  void engine.connectSearch(transfer(port1, [port1]));
  const listener = {
    changed(told: SearchView) {
      batch(() => {
        view.value = told;
        toldAt.value = Date.now();
        follow();
      });
    },
  };
  worker.open(transfer(port2, [port2]), proxy(listener)).catch((error) => {
    view.value = { search: { state: 'failed', why: messageOf(error) }, problems: [] };
  });
  return worker;
}

/** Looks at the network that could be pared. */
export async function lookAtSubject(): Promise<void> {
  try {
    pared.value = { facts: await engine.subjectFacts() };
  } catch {
    // Without a GPU, or as the data change: there is none that could be.
    pared.value = { facts: undefined };
  }
}

export async function begin(choices: SearchChoices): Promise<void> {
  chosen.value = undefined;
  asked.value = undefined;
  await searching().begin(choices);
}

export const goOn = (minutes?: number) => searching().goOn(minutes);
export const stop = (now: boolean) => searching().stop(now);

export async function discard(): Promise<void> {
  chosen.value = undefined;
  asked.value = undefined;
  await searching().discard();
}

/** Milliseconds that the slider rests before what it stands at is loaded. */
const REST_MS = 150;
let resting: ReturnType<typeof setTimeout> | undefined;

/** Looks at a network of the front, and makes it the one that is asked where its weights are kept. */
export function choose(point: Point): void {
  chosen.value = point;
  clearTimeout(resting);
  if (!point.kept) {
    asked.value = undefined;
    return;
  }
  resting = setTimeout(() => void become(point, 'loading', () => searching().load(point.key)), REST_MS);
}

/** Trains the network that is looked at, whose weights are not kept. */
export const train = (point: Point) => become(point, 'training', () => searching().train(point.key));

/** Looks on at the same network where the front has changed, and loads it once its weights are kept. */
function follow(): void {
  const front = view.value?.study?.front;
  const now = chosen.value && front && followed(chosen.value, asked.value, front);
  if (!now) return;
  if (now.load) choose(now.point);
  else chosen.value = now.point;
}

async function become(point: Point, state: 'loading' | 'training', work: () => Promise<Loaded | undefined>): Promise<void> {
  asked.value = { state, point };
  /** Not where another one was chosen meanwhile. */
  const isChosen = () => chosen.value?.network === point.network;
  try {
    const loaded = await work();
    if (!isChosen()) return;
    batch(() => {
      asked.value = loaded ? { state: 'loaded', point, loaded } : { state: 'lost', point };
      if (loaded) subjectVersion.value++;
      follow();
    });
  } catch (error) {
    if (isChosen()) asked.value = { state: 'failed', point, why: messageOf(error) };
  }
}
