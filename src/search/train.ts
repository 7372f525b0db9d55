import { base64 } from '../core/base64.ts';
import { DataError, DeviceLostError, DivergedError, isAbort, LimitError, OptionError } from '../core/errors.ts';
import { mean } from '../core/statistics.ts';
import type { Dataset } from '../data/dataset.ts';
import { datasetHash } from '../data/hash.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { type Sensitivity, sensitivityOf } from '../inherit/sensitivity.ts';
import type { Weights } from '../model/weights.ts';
import { dequantizedWeights } from '../quantize/dequantized.ts';
import { OPTIMIZERS } from '../train/optimizers/registry.ts';
import type { Trainer } from '../train/trainer.ts';
import { seconds } from './budget.ts';
import { type Curve, CurveNotes } from './curve.ts';
import { withoutDivergedRates } from './diverged-rates.ts';
import { bytesIn, type Copy, keptFile } from './file-formats.ts';
import { trainsHarder } from './harder.ts';
import { latencyOf } from './latency.ts';
import { leadingRates } from './leading-rates.ts';
import type { Leaving } from './leaving.ts';
import { checkSetup, type TrainingSetup, withRecipe } from './recipe.ts';
import { ReopeningGpu } from './reopening.ts';
import type { Evaluated, EvaluateOptions, Evaluator } from './run.ts';
import { chanceLoss, stopOf } from './stops.ts';
import { TimeLimit } from './time-limit.ts';
import type { Dropped, Trial } from './trial.ts';
import { TrialTraining } from './trial-training.ts';

const { learningRate: _, ...ADAM } = OPTIMIZERS.adam.make({});

export const DEFAULT_SETUP: TrainingSetup = { batch: 64, optimizer: ADAM, labelSmoothing: 0 };

/** Learning rates that suit Adam: small networks learn fastest at the largest, which is too much for larger ones. */
export const DEFAULT_RATES: readonly number[] = [4e-3, 1e-2, 2.5e-2];

/** Steps of a training of so many samples a seed; at least 1. */
export function stepsOf({ samples }: Pick<Trial, 'samples'>, { batch }: TrainingSetup): number {
  return Math.max(1, Math.round(samples / batch));
}

/** What a search learns from, and what it chooses by. */
export interface TrialData {
  readonly train: Dataset;
  readonly validation: Dataset;
  /** By which no trial is chosen: a network that holds the floor holds it on these. `keptBack` makes them [none: the floor is held on `validation`]. */
  readonly confirmation?: Dataset;
}

export function checkTrialData(data: TrialData, setup: TrainingSetup): void {
  const { train, validation, confirmation } = data;
  const { batch } = setup;
  checkSetup('setup', setup);
  if (train.classes === undefined) throw new OptionError('A search needs a data set with classes');
  for (const [what, other] of Object.entries({ validation, confirmation }))
    if (other && (train.inputShape.join() !== other.inputShape.join() || train.classes !== other.classes))
      throw new DataError(
        `Training and ${what} data differ: [${train.inputShape}] and ${train.classes} classes, [${other.inputShape}] and ${other.classes}`,
      );
  if (batch > train.size) throw new OptionError(`A batch of ${batch} is larger than the training data (${train.size} samples)`);
}

export async function trialContext(data: TrialData, setup: TrainingSetup): Promise<object> {
  const { train, validation, confirmation } = data;
  const kept = confirmation && { confirmation: await datasetHash(confirmation) };
  return { setup, data: { train: await datasetHash(train), validation: await datasetHash(validation), ...kept } };
}

/**
 * Trains networks on a GPU, the seeds and learning rates of a trial as replicas of one plan, and tests them on validation data, and, where it is asked to, on
 * confirmation data; it is given no other.
 * Networks that diverge, in training or on validation data, or exceed the adapter's limits or memory come to that outcome and cost the study nothing else. A
 * ReopeningGpu that loses its device twice with a trial refuses it.
 */
export class GpuEvaluator implements Evaluator {
  private constructor(
    private readonly gpu: ReopeningGpu,
    private readonly data: TrialData,
    private readonly setup: TrainingSetup,
    /** `trialContext` of data and set-up. */
    readonly context: object,
  ) {}

  /** Throws an OptionError or DataError where a search can't use these data. */
  static async create(gpu: Gpu | ReopeningGpu, data: TrialData, setup: TrainingSetup = DEFAULT_SETUP): Promise<GpuEvaluator> {
    checkTrialData(data, setup);
    const device = gpu instanceof ReopeningGpu ? gpu : new ReopeningGpu(gpu);
    return new GpuEvaluator(device, data, setup, await trialContext(data, setup));
  }

  async evaluate(trial: Trial, options: EvaluateOptions): Promise<Evaluated> {
    try {
      return await this.gpu.use((gpu) => this.evaluateOn(gpu, trial, options));
    } catch (error) {
      if (!this.gpu.reopens || !(error instanceof DeviceLostError)) throw error;
      return { outcome: { status: 'refused', reason: `it lost the device twice: ${error.message}` }, lost: true };
    }
  }

  /** Where the largest of several learning rates diverges, the trial is trained again without it. */
  private async evaluateOn(gpu: Gpu, trial: Trial, options: EvaluateOptions): Promise<Evaluated> {
    using limit = new TimeLimit(options.limitMs, options.signal);
    for (let rates = trial.rates; ; rates = rates.slice(0, -1)) {
      const { outcome, ...rest } = await this.atRates(gpu, { ...trial, rates }, options, limit);
      if (outcome.status === 'diverged' && rates.length > 1) continue;
      const some = outcome.status === 'trained' && rates.length < trial.rates.length;
      return withoutDivergedRates(trial, { outcome: some ? { rates, ...outcome } : outcome, ...rest });
    }
  }

  private async atRates(
    gpu: Gpu,
    trial: Trial,
    { keep, confirm = false, measure = false, limitMs = 0, initial, importance = false }: EvaluateOptions,
    limit: TimeLimit,
  ): Promise<Evaluated> {
    const { model, seeds, rates } = trial;
    const { train, validation, confirmation } = this.data;
    const setup = withRecipe(this.setup, trial.recipe);
    const { signal } = limit;
    const steps = stepsOf(trial, setup);
    const notes = new CurveNotes(setup.batch);
    let dropped: Dropped | undefined;
    const told = () => ({ curve: notes.curve, ...(dropped && { dropped }) });
    const stopped = (reason: string): Evaluated => {
      const after = Math.min(trial.samples, notes.curve.samples.at(-1) ?? 0);
      return { outcome: { status: 'stopped', reason, after, ...told() } };
    };
    try {
      await using training = await TrialTraining.begin({ gpu, train, trial, setup, steps, initial, signal });
      for await (const { step, replicas } of training.run()) {
        notes.add(step, replicas);
        const reason = this.reasonToStop(notes.curve, trial, setup);
        if (reason !== undefined) return stopped(reason);
        const leading = setup.stops && !dropped ? leadingRates(notes.curve, trial, steps) : rates;
        if (leading.length === rates.length) continue;
        training.keepRates(leading);
        dropped = { rates: rates.filter((rate) => !leading.includes(rate)), after: step * setup.batch };
        notes.keep(
          rates.flatMap((rate, index) => (leading.includes(rate) ? seeds.map((_, seed) => index * seeds.length + seed) : [])),
        );
      }
      const { learner } = training;
      const { replicas } = await learner.evaluate(validation, { signal });
      const accuracy = accuraciesOf(replicas);
      const confirmed = confirm && confirmation ? await learner.evaluate(confirmation, { signal }) : undefined;
      const outcome = {
        status: 'trained',
        accuracy,
        loss: replicas.map(({ loss }) => loss),
        ...(confirmed && { confirmation: accuraciesOf(confirmed.replicas) }),
        ...(dropped && { rates: training.rates }),
        ...told(),
        ...(importance && { importance: await importanceOf(learner, accuracy.indexOf(Math.max(...accuracy))) }),
      } as const;
      const latency = measure ? await latencyOf(gpu, model, await learner.weights()) : undefined;
      const left = setup.leaves && (await filesOf(learner, replicas.length, setup.leaves));
      const measured = { ...(latency !== undefined && { latency }), ...(left && { bytes: left.bytes }) };
      if (!keep) return { outcome, ...measured };
      const weights: Weights[] = [];
      for (const replica of replicas.keys()) weights.push(await learner.weights(replica));
      return { outcome, weights, ...measured, ...(left && { files: left.files.map(base64) }) };
    } catch (error) {
      if (limit.isOver && isAbort(error)) return stopped(`it took longer than its limit of ${seconds(limitMs)}`);
      if (error instanceof DivergedError) return { outcome: { status: 'diverged', reason: error.message } };
      // What has no form among the integers of a format.
      if (error instanceof OptionError && setup.leaves) return { outcome: { status: 'refused', reason: error.message } };
      if (error instanceof LimitError) return { outcome: { status: 'refused', reason: error.message } };
      throw error;
    }
  }

  private reasonToStop(curve: Curve, { model, samples: length }: Trial, setup: TrainingSetup): string | undefined {
    const { stops, batch, labelSmoothing } = setup;
    if (!stops) return undefined;
    const chance = chanceLoss(this.data.train, labelSmoothing);
    return stopOf(curve, { ...stops, length, batch, chance, isHarder: trainsHarder(model, setup) });
  }
}

/** What the network of each replica leaves as, and how large it is. */
async function filesOf(
  learner: Trainer,
  replicas: number,
  leaves: Leaving,
): Promise<{ files: readonly Uint8Array[]; bytes: number }> {
  const files: Uint8Array[] = [];
  const sizes: number[] = [];
  for (let replica = 0; replica < replicas; replica++) {
    const copy = await leavingCopy(learner, replica, leaves);
    files.push(keptFile(copy, undefined));
    sizes.push(bytesIn(leaves.format, copy));
  }
  return { files, bytes: mean(sizes) };
}

async function leavingCopy(learner: Trainer, replica: number, { weights }: Leaving): Promise<Copy> {
  if (weights === 'float') return { model: learner.model, weights: await learner.weights(replica) };
  const quantized = await learner.quantized(replica);
  return { model: quantized.model, weights: dequantizedWeights(quantized), quantized };
}

/** Of one replica, by the moments of its optimizer. */
async function importanceOf(learner: Trainer, replica: number): Promise<Sensitivity> {
  const { tensors } = await learner.checkpoint();
  return sensitivityOf(learner.model, await learner.weights(replica), (name) => tensors.get(`${replica}/moment2/${name}`)?.data);
}

function accuraciesOf(replicas: readonly { readonly accuracy?: number }[]): number[] {
  return replicas.map(({ accuracy = Number.NaN }) => accuracy);
}
