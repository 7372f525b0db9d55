import { batch, effect } from '@preact/signals';
import type { Events } from '../engine/calls.ts';
import { engine, proxy } from './engine.ts';
import { begin, draft } from './network/draft-state.ts';
import { setRecipe } from './network/recipe-state.ts';
import { data, dropped, recipe, reports, store, subjectVersion, training } from './state.ts';

const events: Events = {
  lost(why) {
    // A training that runs says so by itself.
    if (training.value.state === 'stopped') training.value = { state: 'failed', why, canGoOn: true };
  },
  store(state) {
    store.value = state;
  },
};

/** Between the last change of the settings and their being kept, in milliseconds. */
const QUIET = 400;

/** Takes up what was kept when the page was last open, and keeps from then on what is chosen. */
export async function restore(): Promise<void> {
  const found = await engine.open(proxy(events));
  batch(() => {
    dropped.value = found.dropped;
    // First: the kept layers are checked against them.
    data.value = found.data;
    if (found.settings) {
      setRecipe(found.settings.recipe);
      begin(found.settings.layers, found.data);
    }
    if (found.training) {
      reports.value = found.training.reports;
      training.value = { state: found.training.state };
    }
    if (found.hasSubject) subjectVersion.value++;
  });
  let waiting: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const settings = { layers: draft.value.map(({ layer }) => layer), recipe: recipe.value };
    clearTimeout(waiting);
    waiting = setTimeout(() => void engine.keepSettings(settings), QUIET);
  });
}
