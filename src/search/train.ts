import { DataError, DivergedError, LimitError, OptionError } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { datasetHash } from '../data/hash.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Augmentation } from '../train/augmentation.ts';
import { adam, type Optimizer } from '../train/options.ts';
import { trainer } from '../train/trainer.ts';
import type { Evaluator } from './run.ts';
import type { Outcome, Trial } from './trial.ts';

/** How every network of a study is trained. */
export interface TrainingSetup {
  readonly batch: number;
  /** Its rate falls to nothing along a cosine. */
  readonly optimizer: Optimizer;
  readonly labelSmoothing: number;
  readonly augment?: Augmentation;
}

export const DEFAULT_SETUP: TrainingSetup = { batch: 64, optimizer: adam({ learningRate: 2e-3 }), labelSmoothing: 0 };

/** Steps of a training of so many samples a seed; at least 1. */
export function stepsOf({ samples }: Pick<Trial, 'samples'>, { batch }: TrainingSetup): number {
  return Math.max(1, Math.round(samples / batch));
}

/**
 * Trains networks on a GPU, the seeds of a trial as replicas of one plan, and tests them on validation data; it is given no other.
 * Networks that diverge or exceed the adapter's limits come to that outcome and cost the study nothing else.
 */
export class GpuEvaluator implements Evaluator {
  /** What decides an outcome beside the trial itself: for its key. */
  readonly context: object;

  private constructor(
    private readonly gpu: Gpu,
    private readonly train: Dataset,
    private readonly validation: Dataset,
    private readonly setup: TrainingSetup,
    hashes: { readonly train: string; readonly validation: string },
  ) {
    this.context = { setup, data: hashes };
  }

  /** Throws a DataError where the two sets do not belong together. */
  static async create(
    gpu: Gpu,
    data: { readonly train: Dataset; readonly validation: Dataset },
    setup: TrainingSetup = DEFAULT_SETUP,
  ): Promise<GpuEvaluator> {
    const { train, validation } = data;
    if (train.classes === undefined) throw new OptionError('A search needs a data set with classes');
    if (train.inputShape.join() !== validation.inputShape.join() || train.classes !== validation.classes)
      throw new DataError(
        `Training and validation data differ: [${train.inputShape}] and ${train.classes} classes, [${validation.inputShape}] and ${validation.classes}`,
      );
    if (setup.batch > train.size)
      throw new OptionError(`A batch of ${setup.batch} is larger than the training data (${train.size} samples)`);
    const hashes = { train: await datasetHash(train), validation: await datasetHash(validation) };
    return new GpuEvaluator(gpu, train, validation, setup, hashes);
  }

  async evaluate(trial: Trial, signal: AbortSignal | undefined): Promise<Outcome> {
    const { batch, optimizer, labelSmoothing, augment } = this.setup;
    const { model, seeds } = trial;
    const steps = stepsOf(trial, this.setup);
    const schedule = { type: 'cosine', steps } as const;
    try {
      await using learner = await trainer(this.gpu, model, {
        batch,
        optimizer,
        labelSmoothing,
        augment,
        schedule,
        seed: [...seeds],
        replicas: seeds.length,
        signal,
      });
      for await (const _ of learner.fit(this.train, { steps, signal }));
      const { replicas } = await learner.evaluate(this.validation, { signal });
      const accuracy = replicas.map(({ accuracy: share = Number.NaN }) => share);
      return { status: 'trained', accuracy, loss: replicas.map(({ loss }) => loss) };
    } catch (error) {
      if (error instanceof DivergedError) return { status: 'diverged', reason: error.message };
      if (error instanceof LimitError) return { status: 'refused', reason: error.message };
      throw error;
    }
  }
}
