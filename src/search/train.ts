import { refuseUnknown } from '../core/arguments.ts';
import { DataError, DeviceLostError, DivergedError, LimitError, OptionError } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { datasetHash } from '../data/hash.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Weights } from '../model/weights.ts';
import { type Augmentation, augmentationSpec } from '../train/augmentation.ts';
import { checkCount, inRange } from '../train/checks.ts';
import { checkedOptimizer, OPTIMIZERS, type OptimizerSpec } from '../train/optimizers/registry.ts';
import { trainer } from '../train/trainer.ts';
import { withoutDivergedRates } from './diverged-rates.ts';
import { latencyOf } from './latency.ts';
import { ReopeningGpu } from './reopening.ts';
import type { Evaluated, EvaluateOptions, Evaluator } from './run.ts';
import type { Trial } from './trial.ts';

/** How every network of a study is trained. */
export interface TrainingSetup {
  readonly batch: number;
  /** Its learning rates are those of the trial, and fall to nothing along a cosine. */
  readonly optimizer: OptimizerSpec;
  readonly labelSmoothing: number;
  readonly augment?: Augmentation;
}

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
}

export function checkTrialData(data: TrialData, setup: TrainingSetup): void {
  const { train, validation } = data;
  const { batch, optimizer, augment, labelSmoothing, ...rest } = setup;
  refuseUnknown('setup', rest, ['batch', 'optimizer', 'labelSmoothing', 'augment']);
  checkCount('setup: batch', batch);
  // The learning rate is the trial's.
  checkedOptimizer('setup', { learningRate: 1, ...optimizer });
  augmentationSpec(augment);
  inRange('setup: labelSmoothing', labelSmoothing, (n) => n >= 0 && n < 1, 'at least 0 and below 1');
  if (train.classes === undefined) throw new OptionError('A search needs a data set with classes');
  if (train.inputShape.join() !== validation.inputShape.join() || train.classes !== validation.classes)
    throw new DataError(
      `Training and validation data differ: [${train.inputShape}] and ${train.classes} classes, [${validation.inputShape}] and ${validation.classes}`,
    );
  if (batch > train.size) throw new OptionError(`A batch of ${batch} is larger than the training data (${train.size} samples)`);
}

export async function trialContext(data: TrialData, setup: TrainingSetup): Promise<object> {
  const { train, validation } = data;
  return { setup, data: { train: await datasetHash(train), validation: await datasetHash(validation) } };
}

/**
 * Trains networks on a GPU, the seeds and learning rates of a trial as replicas of one plan, and tests them on validation data; it is given no other.
 * Networks that diverge, in training or on validation data, or exceed the adapter's limits or memory come to that outcome and cost the study nothing else. A
 * ReopeningGpu that loses its device twice with a trial refuses it.
 */
export class GpuEvaluator implements Evaluator {
  private constructor(
    private readonly gpu: ReopeningGpu,
    private readonly train: Dataset,
    private readonly validation: Dataset,
    private readonly setup: TrainingSetup,
    /** `trialContext` of data and set-up. */
    readonly context: object,
  ) {}

  /** Throws an OptionError or DataError where a search can't use these data. */
  static async create(gpu: Gpu | ReopeningGpu, data: TrialData, setup: TrainingSetup = DEFAULT_SETUP): Promise<GpuEvaluator> {
    checkTrialData(data, setup);
    const device = gpu instanceof ReopeningGpu ? gpu : new ReopeningGpu(gpu);
    return new GpuEvaluator(device, data.train, data.validation, setup, await trialContext(data, setup));
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
    for (let rates = trial.rates; ; rates = rates.slice(0, -1)) {
      const { outcome, ...rest } = await this.atRates(gpu, { ...trial, rates }, options);
      if (outcome.status === 'diverged' && rates.length > 1) continue;
      const some = outcome.status === 'trained' && rates.length < trial.rates.length;
      return withoutDivergedRates(trial, { outcome: some ? { ...outcome, rates } : outcome, ...rest });
    }
  }

  private async atRates(gpu: Gpu, trial: Trial, { keep, measure = false, signal }: EvaluateOptions): Promise<Evaluated> {
    const { batch, optimizer, labelSmoothing, augment } = this.setup;
    const { model, seeds, rates } = trial;
    const seed = rates.flatMap(() => seeds);
    const steps = stepsOf(trial, this.setup);
    const schedule = { type: 'cosine', steps } as const;
    try {
      await using learner = await trainer(gpu, model, {
        batch,
        optimizer: { ...optimizer, learningRate: rates[0] ?? Number.NaN },
        labelSmoothing,
        augment,
        schedule,
        seed,
        learningRates: rates.flatMap((rate) => seeds.map(() => rate)),
        replicas: seed.length,
        signal,
      });
      for await (const _ of learner.fit(this.train, { steps, signal }));
      const { replicas } = await learner.evaluate(this.validation, { signal });
      const accuracy = replicas.map(({ accuracy: share = Number.NaN }) => share);
      const outcome = { status: 'trained', accuracy, loss: replicas.map(({ loss }) => loss) } as const;
      const latency = measure ? await latencyOf(gpu, model, await learner.weights()) : undefined;
      const measured = latency === undefined ? {} : { latency };
      if (!keep) return { outcome, ...measured };
      const weights: Weights[] = [];
      for (const replica of replicas.keys()) weights.push(await learner.weights(replica));
      return { outcome, weights, ...measured };
    } catch (error) {
      if (error instanceof DivergedError) return { outcome: { status: 'diverged', reason: error.message } };
      if (error instanceof LimitError) return { outcome: { status: 'refused', reason: error.message } };
      throw error;
    }
  }
}
