import {
  type Dataset,
  datasetHash,
  decodeCheckpoint,
  decodeModel,
  encodeCheckpoint,
  encodeModel,
  type Gpu,
  type InputDescription,
  type Model,
  parseModel,
  type Trainer,
  trainer,
  type Weights,
} from 'paredown';
import * as v from 'valibot';
import type { KeptTraining, TrainingReport, TrainingRequest } from './calls.ts';
import { RECIPE } from './kept-recipe.ts';
import { trainerOptions } from './recipe.ts';

/** A training frozen in time, as it is kept: plain data. */
export interface TrainingSnapshot extends Omit<KeptTraining, 'state'> {
  readonly ended: boolean;
  readonly dataHash: string;
  /** Files: all that it needs to go on, and its network. */
  readonly checkpoint: Uint8Array;
  readonly network: Uint8Array;
}

const numbers = v.object({ loss: v.number(), accuracy: v.union([v.number(), v.nan()]) });
const REPORT = v.object({
  ...{ step: v.number(), steps: v.number(), epoch: v.number(), stepMs: v.number(), etaMs: v.number() },
  ...numbers.entries,
  validation: v.optional(numbers),
});
const SNAPSHOT = v.object({
  request: v.object({ model: v.unknown(), recipe: RECIPE }),
  reports: v.array(REPORT),
  step: v.number(),
  ended: v.boolean(),
  dataHash: v.string(),
  checkpoint: v.instance(Uint8Array),
  network: v.instance(Uint8Array),
});

export async function snapshotOf(
  training: Trainer,
  request: TrainingRequest,
  train: Dataset,
  reports: readonly TrainingReport[],
  ended: boolean,
): Promise<TrainingSnapshot> {
  const checkpoint = await training.checkpoint();
  return {
    request,
    reports: [...reports],
    step: training.step,
    ended,
    dataHash: await datasetHash(train),
    checkpoint: encodeCheckpoint(checkpoint),
    network: encodeModel(request.model, await training.weights(), { input: training.input }),
  };
}

interface Read {
  readonly snapshot: TrainingSnapshot;
  readonly subject: { readonly model: Model; readonly weights: Weights; readonly input: InputDescription };
}

/** What a store gave back. Throws for what is damaged or was written by another version. */
export function readSnapshot(value: unknown): Read {
  const read = v.parse(SNAPSHOT, value);
  const model = parseModel(read.request.model);
  decodeCheckpoint(read.checkpoint);
  const { weights, input } = decodeModel(read.network);
  if (!input) throw new Error('the network was kept without its input');
  const snapshot = { ...read, request: { model, recipe: read.request.recipe } } as TrainingSnapshot;
  return { snapshot, subject: { model, weights, input } };
}

/** A trainer that goes on with a snapshot, on the same data, bit for bit as if nothing had been. */
export async function trainerFrom(
  gpu: Gpu,
  { request, dataHash, checkpoint }: TrainingSnapshot,
  train: Dataset,
): Promise<Trainer> {
  if ((await datasetHash(train)) !== dataHash)
    throw new Error('The training went on other data than those chosen now; choose those again to go on, or train anew.');
  const training = await trainer(gpu, request.model, trainerOptions(request.recipe, train.size));
  training.restore(decodeCheckpoint(checkpoint));
  return training;
}
