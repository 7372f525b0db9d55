import { signal } from '@preact/signals';
import type { Answer, Look, LookMap, Picture } from '../../engine/draw/calls.ts';
import { engine } from '../engine.ts';
import { latest } from '../latest.ts';
import { messageOf } from '../messages.ts';

export const answer = signal<Answer | undefined>(undefined);
/** Whether an answer is made: the first of a network waits for its shaders. */
export const asking = signal(false);
/** Why there is no answer. */
export const failure = signal<string | undefined>(undefined);
export const map = signal<LookMap | undefined>(undefined);
export const mapFailure = signal<string | undefined>(undefined);
export const mapping = signal(false);

/** Asks the network about a picture; of nothing there is no answer. */
export const ask = latest(async (picture: Picture | undefined) => {
  asking.value = picture !== undefined;
  try {
    answer.value = picture && (await engine.classify(picture));
    failure.value = undefined;
  } catch (error) {
    answer.value = undefined;
    failure.value = messageOf(error);
  }
  asking.value = false;
});

export interface LookRequest {
  readonly look: Look;
  readonly seen: Uint8Array;
  readonly index: number;
}

export const lookAt = latest(async (request: LookRequest | undefined) => {
  if (!request) {
    map.value = undefined;
    return;
  }
  mapping.value = true;
  try {
    map.value = await engine.lookAt(request.look, request.seen, request.index);
    mapFailure.value = undefined;
  } catch (error) {
    map.value = undefined;
    mapFailure.value = messageOf(error);
  }
  mapping.value = false;
});

/** The number of the most probable class. */
export function topOf({ probabilities }: Answer): number {
  return probabilities.reduce((best, probability, index) => (probability > (probabilities[best] ?? 0) ? index : best), 0);
}
