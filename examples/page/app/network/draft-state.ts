import { computed, effect, signal, untracked } from '@preact/signals';
import type { Layer, Model } from 'paredown';
import type { DataFacts } from '../../engine/calls.ts';
import { defaultNetwork, fitNetwork } from '../../engine/fit-network.ts';
import { data, network } from '../state.ts';
import { type Checked, check, type Draft, draftOf } from './draft.ts';
import { edited, historyOf, redone, undone } from './history.ts';

const history = signal(historyOf<Draft>(draftOf(network.value.layers)));
export const draft = computed(() => history.value.present);
export const canUndo = computed(() => history.value.past.length > 0);
export const canRedo = computed(() => history.value.future.length > 0);

/** Why the network is not the one that was edited, or undefined. */
export const adaptedBecause = signal<string | undefined>(undefined);

const input = (): Model['input'] => (data.value?.inputShape as Model['input'] | undefined) ?? network.value.input;
const classes = (): number => data.value?.classNames.length ?? 10;

/** The network as it is edited, looked through. */
export const checked = computed<Checked>(() => check(draft.value, input(), classes()));

/** Changes the draft; `key` joins the steps of one edit. What is whole becomes the network that is trained. */
export function edit(to: Draft, key?: string): void {
  history.value = edited(history.value, to, key);
  take();
}
export function undo(): void {
  history.value = undone(history.value);
  take();
}
export function redo(): void {
  history.value = redone(history.value);
  take();
}
export const replace = (layers: readonly unknown[]): void => edit(draftOf(layers));

/** The network that this file has set: another comes from elsewhere, such as a search. */
let own: Model = network.value;

function take(): void {
  const { model } = checked.value;
  if (!model) return;
  own = model;
  network.value = model;
}

effect(() => {
  const { value } = network;
  if (value === own) return;
  own = value;
  untracked(() => {
    history.value = edited(history.value, draftOf(value.layers));
  });
});

/** What the draft was last fitted to. */
let fittedTo = keyOf(network.value.input, 10);
function keyOf(shape: readonly number[], outputs: number): string {
  return `${shape.join()} ${outputs}`;
}

/** Takes up layers that were kept, right or wrong, for the data that there are; as long as they are wrong, the usual network is trained. */
export function begin(layers: readonly unknown[], facts: DataFacts): void {
  fittedTo = keyOf(facts.inputShape, facts.classNames.length);
  history.value = historyOf(draftOf(layers));
  if (!checked.value.model) {
    own = defaultNetwork(facts.inputShape as Model['input'], facts.classNames.length);
    network.value = own;
  }
  take();
}

// Lets the network have the data's input and as many outputs as there are classes.
effect(() => {
  const facts = data.value;
  if (!facts) return;
  const outputs = facts.classNames.length;
  const shape = facts.inputShape as Model['input'];
  const key = keyOf(shape, outputs);
  if (key === fittedTo) return;
  fittedTo = key;
  untracked(() => {
    adaptedBecause.value = undefined;
    if (checked.value.model) take();
    else replace(fittedOrBeginning(shape, outputs));
  });
});

function fittedOrBeginning(shape: Model['input'], outputs: number): readonly Layer[] {
  try {
    return fitNetwork(
      draft.value.map(({ layer }) => layer as unknown as Layer),
      shape,
      outputs,
    ).layers;
  } catch {
    adaptedBecause.value =
      'The network did not fit the data; the one that the page begins with has taken its place. Undo brings its layers back.';
    return defaultNetwork(shape, outputs).layers;
  }
}
