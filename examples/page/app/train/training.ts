import { batch } from '@preact/signals';
import type { Listener } from '../../engine/calls.ts';
import { engine, proxy } from '../engine.ts';
import { messageOf } from '../messages.ts';
import { confusion, network, recipe, reports, subjectVersion, training } from '../state.ts';

const listener: Listener = {
  compiling(done, of) {
    if (training.value.state === 'stopping') return;
    training.value = done < of ? { state: 'compiling', done, of } : { state: 'running' };
  },
  report(report, counts) {
    batch(() => {
      if (training.value.state === 'compiling') training.value = { state: 'running' };
      // A training that goes on from a checkpoint tells some steps again.
      reports.value = [...reports.value.filter(({ step }) => step < report.step), report];
      if (counts) confusion.value = counts;
      if (report.validation) subjectVersion.value++;
    });
  },
};

/** Trains the chosen network from new weights. */
export async function start(): Promise<void> {
  reports.value = [];
  confusion.value = undefined;
  await during(() => engine.train({ model: network.value, recipe: recipe.value }, proxy(listener)));
}

export const resume = () => during(() => engine.resume(proxy(listener)));

export async function stop(): Promise<void> {
  training.value = { state: 'stopping' };
  await engine.stop();
}

async function during(work: () => Promise<'ended' | 'stopped'>): Promise<void> {
  training.value = { state: 'compiling', done: 0, of: 0 };
  try {
    training.value = { state: await work() };
    subjectVersion.value++;
  } catch (error) {
    training.value = { state: 'failed', why: messageOf(error), canGoOn: await engine.canGoOn() };
  }
}
