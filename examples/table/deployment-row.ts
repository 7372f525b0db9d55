import { encodeTflite, type Model, predictor, prune, quantize, subset, trainer, type Weights } from 'paredown/node';
import { grouped } from '../../src/cli/common/format.ts';
import type { Splits } from './data.ts';
import type { Training } from './recipe.ts';
import type { Context } from './table.ts';

/** A network in one form: test accuracy and bytes of its .tflite file, one figure for each seed. */
export interface Form {
  readonly accuracy: readonly number[];
  readonly bytes: readonly number[];
}

export interface DeploymentResult {
  readonly seeds: readonly number[];
  readonly steps: number;
  readonly float: Form;
  /** In integers of 8 bits, after the training. */
  readonly integers: Form;
  /** Half of the weights 0, after the training. */
  readonly pruned: Form;
  /** Half of the weights 0, trained on for a quarter as long, then in integers of 8 bits. */
  readonly both: Form;
  readonly wallMs: number;
}

export interface DeploymentJob {
  readonly model: Model;
  readonly training: Training;
  /** Of the training of the whole network. */
  readonly steps: number;
  readonly seeds: readonly number[];
  readonly splits: Splits;
}

/** Training images that the ranges of activations are taken from. */
const CALIBRATED_BY = 1000;
const PRUNED = 0.5;
/** Of the first training. */
const TRAINED_ON = 1 / 4;

/** Trains a network from each seed, all of them as replicas, and brings each into the forms that a .tflite file can have. */
export async function deployNetwork(job: DeploymentJob, context: Context): Promise<DeploymentResult> {
  const { seeds, steps } = job;
  const started = performance.now();
  const more = Math.max(1, Math.round(steps * TRAINED_ON));
  const share = (done: number) => done / (steps + more);
  const whole = await trained(job, steps, context, (step) => share(step));
  const pruned = whole.map((weights) => prune(weights, { sparsity: PRUNED }));
  const retrained = await trained(job, more, context, (step) => share(steps + step), pruned);
  return {
    seeds,
    steps,
    float: await asFloats(whole, job, context),
    integers: await asIntegers(whole, job, context),
    pruned: await asFloats(pruned, job, context),
    both: await asIntegers(retrained, job, context),
    wallMs: performance.now() - started,
  };
}

/** The weights of each seed; those `from` which it begins, zeros kept, instead of its own. */
async function trained(
  { model, training, seeds, splits }: DeploymentJob,
  steps: number,
  { gpu, signal, progress }: Context,
  share: (step: number) => number,
  from?: readonly Weights[],
): Promise<Weights[]> {
  const { batch, optimizer, schedule } = training;
  const options = { batch, optimizer, schedule, seed: [...seeds], replicas: seeds.length, signal };
  await using learner = await trainer(gpu, model, { ...options, ...(from && { pruning: {} }) });
  for (const [replica, weights] of (from ?? []).entries()) learner.setWeights(weights, replica);
  for await (const { step, loss } of learner.fit(splits.train, { steps, signal }))
    progress(share(step), `${from ? 'pruned, ' : ''}step ${grouped(step)} of ${grouped(steps)}, loss ${loss.toFixed(4)}`);
  return Promise.all(seeds.map((_, replica) => learner.weights(replica)));
}

async function asFloats(all: readonly Weights[], { model, splits }: DeploymentJob, { gpu, signal }: Context): Promise<Form> {
  const accuracy: number[] = [];
  for (const weights of all) {
    await using network = await predictor(gpu, model, weights);
    accuracy.push((await network.evaluate(splits.test, { signal })).accuracy ?? Number.NaN);
  }
  return { accuracy, bytes: all.map((weights) => encodeTflite(model, weights).length) };
}

/** The predictor computes the very integers that a TensorFlow Lite runtime does. */
async function asIntegers(all: readonly Weights[], { model, splits }: DeploymentJob, { gpu, signal }: Context): Promise<Form> {
  const { train, test } = splits;
  const calibration = subset(train, 0, Math.min(CALIBRATED_BY, train.size), 'calibration');
  const accuracy: number[] = [];
  const bytes: number[] = [];
  for (const weights of all) {
    const quantized = await quantize(gpu, model, weights, { calibration });
    await using network = await predictor(gpu, quantized);
    accuracy.push((await network.evaluate(test, { signal })).accuracy ?? Number.NaN);
    bytes.push(encodeTflite(quantized, { io: 'int8' }).length);
  }
  return { accuracy, bytes };
}
