import type { Dataset } from '../data/dataset.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Weights } from '../model/weights.ts';
import { ofReplicas } from '../train/checkpointing.ts';
import type { Progress } from '../train/progress.ts';
import { type Trainer, trainer } from '../train/trainer.ts';
import { CurveNotes } from './curve.ts';
import { quantizationOf } from './leaving.ts';
import { scheduleOver, type TrainingSetup } from './recipe.ts';
import type { Trial } from './trial.ts';

export interface TrialTrainingOptions {
  readonly gpu: Gpu;
  readonly train: Dataset;
  readonly trial: Pick<Trial, 'model' | 'seeds' | 'rates'>;
  readonly setup: TrainingSetup;
  readonly steps: number;
  /** What every replica begins with [drawn from its seed]. */
  readonly initial?: Weights;
  readonly signal: AbortSignal;
}

/** The training of a trial, each learning rate with each seed as a replica. It may go on with some of its rates alone. */
export class TrialTraining implements AsyncDisposable {
  private wanted: readonly number[] | undefined;

  private constructor(
    private readonly options: TrialTrainingOptions,
    private current: Trainer,
    private trained: readonly number[],
  ) {}

  static async begin(options: TrialTrainingOptions): Promise<TrialTraining> {
    const { trial, initial } = options;
    const training = new TrialTraining(options, await trainerOf(options, trial.rates), trial.rates);
    if (initial)
      for (let replica = 0; replica < trial.rates.length * trial.seeds.length; replica++)
        training.current.setWeights(initial, replica);
    return training;
  }

  get learner(): Trainer {
    return this.current;
  }

  /** The learning rates that are trained now. */
  get rates(): readonly number[] {
    return this.trained;
  }

  /** Behind the present point no other rate is trained; those that are come to the weights that they would have come to. */
  keepRates(rates: readonly number[]): void {
    this.wanted = rates;
  }

  async *run(): AsyncGenerator<Progress, void, undefined> {
    const { train, steps, signal } = this.options;
    const reportEvery = CurveNotes.every(steps);
    while (this.current.step < steps) {
      for await (const progress of this.current.fit(train, { steps: steps - this.current.step, reportEvery, signal })) {
        yield progress;
        if (this.wanted) break;
      }
      if (this.wanted) await this.goOnWith(this.wanted);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.current.destroy();
  }

  /** Replicas can't leave a plan: another trainer goes on where this one stands. */
  private async goOnWith(rates: readonly number[]): Promise<void> {
    const { seeds } = this.options.trial;
    const replicas = rates.flatMap((rate) => seeds.map((_, seed) => this.trained.indexOf(rate) * seeds.length + seed));
    const checkpoint = ofReplicas(await this.current.checkpoint(), replicas);
    await this.current.destroy();
    this.current = await trainerOf(this.options, rates);
    this.current.restore(checkpoint);
    this.trained = rates;
    this.wanted = undefined;
  }
}

function trainerOf({ gpu, trial, setup, steps, signal }: TrialTrainingOptions, rates: readonly number[]): Promise<Trainer> {
  const { optimizer, schedule, leaves, stops: _, ...training } = setup;
  const quantization = leaves && quantizationOf(leaves);
  const { model, seeds } = trial;
  const seed = rates.flatMap(() => seeds);
  return trainer(gpu, model, {
    ...training,
    ...(quantization && { quantization }),
    optimizer: { ...optimizer, learningRate: rates[0] ?? Number.NaN },
    schedule: scheduleOver(steps, schedule),
    seed,
    learningRates: rates.flatMap((rate) => seeds.map(() => rate)),
    replicas: seed.length,
    signal,
  });
}
