import { computed, signal } from '@preact/signals';
import { avgPool2d, conv2d, dense, describe, flatten, type Model, model } from 'paredown';
import type { AdapterFacts, Confusion, DataFacts, Recipe, StoreState, TrainingReport } from '../engine/calls.ts';

/** The adapter, or why there is none. */
export const adapter = signal<{ state: 'opening' } | { state: 'open'; facts: AdapterFacts } | { state: 'none'; why: string }>({
  state: 'opening',
});

export const data = signal<DataFacts | undefined>(undefined);

/** Trains within a minute on anything, and has something to be pared. */
export const network = signal<Model>(
  model(
    [28, 28, 1],
    [
      conv2d(8, 5, { activation: 'relu' }),
      avgPool2d(2),
      conv2d(16, 5, { activation: 'relu' }),
      avgPool2d(2),
      flatten(),
      dense(10),
    ],
  ),
);
export const description = computed(() => describe(network.value));

export const recipe = signal<Recipe>({ epochs: 10, batch: 64, learningRate: 0.005, seed: 1, optimizer: 'adam', augment: {} });

export type TrainingState =
  | { readonly state: 'none' }
  | { readonly state: 'compiling'; readonly done: number; readonly of: number }
  | { readonly state: 'running' | 'stopping' | 'stopped' | 'ended' }
  /** `canGoOn`: from its latest checkpoint. */
  | { readonly state: 'failed'; readonly why: string; readonly canGoOn: boolean };
export const training = signal<TrainingState>({ state: 'none' });
export const isTraining = computed(() => ['compiling', 'running', 'stopping'].includes(training.value.state));
export const canGoOn = computed(() => {
  const { value } = training;
  return value.state === 'stopped' || (value.state === 'failed' && value.canGoOn);
});
export const reports = signal<readonly TrainingReport[]>([]);
/** Of the latest validation, where there are not too many classes. */
export const confusion = signal<Confusion | undefined>(undefined);
/** Whether there is a network that can be asked, and how often it has changed. */
export const subjectVersion = signal(0);

/** Whether a reload finds again what is chosen and trained. */
export const store = signal<StoreState>({ state: 'kept' });
/** What could not be taken up again as the page opened. */
export const dropped = signal<readonly string[]>([]);
