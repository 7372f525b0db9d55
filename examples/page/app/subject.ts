import { effect, signal } from '@preact/signals';
import type { NetworkFacts } from '../engine/draw/calls.ts';
import { engine } from './engine.ts';
import { subjectVersion } from './state.ts';

/** The network that can be asked: undefined where there is none yet. */
export const subject = signal<NetworkFacts | undefined>(undefined);

effect(() => {
  const version = subjectVersion.value;
  void engine.network().then((facts) => {
    if (version === subjectVersion.value) subject.value = facts;
  });
});
