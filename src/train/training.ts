import { OptionError } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { datasetHash } from '../data/hash.ts';
import { describedBy } from '../data/input-description.ts';
import { type DataStream, isStream, streamIdentity } from '../data/stream.ts';
import { APART } from '../kernels/fused.ts';
import { type GraphOptions, layOut } from '../plan/layout.ts';
import type { PlanSummary } from '../plan/summary.ts';
import { type BatchSource, ResidentSource } from './batch-source.ts';
import { type Epochs, FitClock, NotedEpochs, RegularEpochs } from './fit-clock.ts';
import { FitLoop } from './fit-loop.ts';
import { checkFit, type FitOptions, watchSettings } from './fit-options.ts';
import type { EvaluateOptions, Evaluation } from './inference.ts';
import { checkKernelTimes, type KernelTimes, type KernelTimesOptions, timeKernels } from './kernel-times.ts';
import { balancedWeights, hasLabels } from './loss.ts';
import type { TrainerParts } from './parts.ts';
import { startingPosition, type TrainingPosition } from './position.ts';
import { type Progress, Report } from './progress.ts';
import { Pruner } from './pruning/pruner.ts';
import type { ResidentSets } from './resident-sets.ts';
import { shareNow } from './sharing/sharer.ts';
import { StreamSource } from './stream-source.ts';
import { TrainingStep } from './training-step.ts';
import { ValidationWatch } from './validation-watch.ts';

type Evaluate = (data: Dataset, options: EvaluateOptions) => Promise<Evaluation & { readonly replicas: readonly Evaluation[] }>;

/** A trainer's fits, one after the other: where they stand, the step that they repeat, and what `stop` and `plateau` know. */
export class Training {
  readonly position: TrainingPosition = startingPosition();
  /** Of a fit with `stop` or `plateau` that is under way, or was broken off. */
  private known: ValidationWatch | undefined;
  private fitting = false;
  private timing = false;
  private readonly evaluations = new Set<Promise<unknown>>();

  constructor(
    private readonly parts: TrainerParts,
    private readonly graphOptions: GraphOptions,
    private planned: TrainingStep,
    private readonly sets: ResidentSets,
    private readonly evaluate: Evaluate,
  ) {}

  get isRunning(): boolean {
    return this.fitting;
  }

  get isEvaluated(): boolean {
    return this.evaluations.size > 0;
  }

  /** Begins no further step before an evaluation has ended: it tells of one network. */
  async apart<T>(evaluation: Promise<T>): Promise<T> {
    this.evaluations.add(evaluation);
    try {
      return await evaluation;
    } finally {
      this.evaluations.delete(evaluation);
    }
  }

  get plan(): PlanSummary {
    return this.planned.summary;
  }

  get watch(): ValidationWatch | undefined {
    return this.known;
  }

  /** Who keeps the trainer keeps no pipelines. */
  destroy(): void {
    this.planned.destroy();
  }

  /** Goes on elsewhere: where a checkpoint stood, with what was known there. */
  moveTo(position: Partial<TrainingPosition>, watch: ValidationWatch | undefined): void {
    this.forgetWatch();
    this.known = watch;
    Object.assign(this.position, position, { diverged: undefined });
  }

  async *run(data: Dataset | DataStream, options: FitOptions): AsyncGenerator<Progress, void, undefined> {
    this.parts.workspace.checkOpen();
    if (this.fitting)
      throw new OptionError(
        'fit: another fit of this trainer is under way; go over it to its end, call its return(), or abort it',
      );
    if (this.timing) throw new OptionError('fit: the kernels of this trainer are being timed; wait for kernelTimes to end');
    this.fitting = true;
    try {
      checkFit(data, options, this.parts);
      await this.goOnWithRestoredVariants();
      if (isStream(data)) yield* this.fitStream(data, options);
      else yield* this.fitDataset(data, options);
    } finally {
      this.fitting = false;
    }
  }

  /** Times the kernels of the next step, on a data set; the training goes on as if nothing had been. */
  async kernelTimes(data: Dataset, options: KernelTimesOptions): Promise<KernelTimes> {
    checkKernelTimes(data, options, this.parts);
    if (this.fitting)
      throw new OptionError('kernelTimes: a fit of this trainer is under way; go over it to its end, or abort it');
    if (this.timing) throw new OptionError('kernelTimes: the kernels of this trainer are being timed already; wait for that');
    this.timing = true;
    try {
      await this.goOnWithRestoredVariants();
      const { resident, letGo } = await this.sets.hold(data);
      try {
        const commands = await this.planned.on(resident);
        await this.planned.compile(commands);
        const { times, repeats } = await timeKernels(this.parts, commands, data.size, this.position.step, options);
        const kernels = this.planned.workOf(commands).map((work, index) => ({ ...work, ms: times[index] ?? Number.NaN }));
        return { kernels, repeats };
      } finally {
        letGo();
      }
    } finally {
      this.timing = false;
    }
  }

  private async *fitDataset(data: Dataset, options: FitOptions): AsyncGenerator<Progress, void, undefined> {
    const { parts, position } = this;
    const { batch } = parts.settings;
    const { resident, letGo } = await this.sets.hold(data);
    try {
      const hash = await datasetHash(data);
      const start = this.startIn(hash);
      const commands = await this.planned.on(resident);
      const compileMs = await this.planned.compile(commands);
      // What fails before its first step changes nothing of the next fit.
      const watch = await this.watchFor(options);
      Object.assign(position, start, { input: describedBy(data, data.x, hash) });
      this.balance(data);
      this.writeState(data.size, position.origin, watch);
      const epochs = new RegularEpochs(Math.ceil(data.size / batch), position.origin, position.step);
      const clock = clockOf(epochs, position.step, options);
      yield* this.train(new ResidentSource(commands), clock, compileMs, watch, options);
    } finally {
      letGo();
    }
  }

  private async *fitStream(stream: DataStream, options: FitOptions): AsyncGenerator<Progress, void, undefined> {
    const { parts, position, planned } = this;
    const { batch } = parts.settings;
    const start = this.startIn(streamIdentity(stream));
    const { origin, stream: from = { epoch: 0, skip: 0 } } = start;
    const { step } = position;
    let watch: ValidationWatch | undefined;
    const noted = new NotedEpochs(from.epoch);
    const epochs = stream.size === undefined ? noted : new RegularEpochs(Math.ceil(stream.size / batch), origin, step);
    const clock = clockOf(epochs, step, options);
    const source = await StreamSource.open({
      stream,
      from,
      parts,
      planned,
      position,
      signal: options.signal,
      stepsLeft: () => clock.end - position.step,
      begin: (samples) => this.writeState(samples, position.step, watch),
      endEpoch: (end) => noted.note(end),
    });
    try {
      watch = await this.watchFor(options);
      Object.assign(position, start, { input: describedBy(source.samples, source.samples.x) });
      yield* this.train(source, clock, source.compileMs, watch, options);
    } finally {
      await source.close();
    }
  }

  /** Where a training on these data begins: it goes on in those that it was in, or begins in others. */
  private startIn(identity: string): Pick<TrainingPosition, 'dataHash' | 'origin' | 'stream'> {
    const { dataHash, origin, stream, step } = this.position;
    return identity === dataHash ? { dataHash, origin, stream } : { dataHash: identity, origin: step, stream: undefined };
  }

  /** Weighs the classes by these data, where they are to be balanced. */
  private balance({ y }: Dataset): void {
    const { graph, parameters, settings } = this.parts;
    const [weights] = graph.constants;
    if (settings.classWeights !== 'balanced' || !weights) return;
    const data = balancedWeights(y, weights.shape[0] ?? 0);
    parameters.write(settings.seeds.map((_, replica) => ({ parameter: weights, slot: 'value', replica, data })));
  }

  /** Tells the GPU where the training stands: in samples of which the first are those behind `origin`. */
  private writeState(samples: number, origin: number, watch: ValidationWatch | undefined): void {
    const { batch, seeds, learningRates } = this.parts.settings;
    const rates = watch?.learningRates ?? learningRates;
    this.parts.state.write({ step: this.position.step, samples, batch, origin, seeds, learningRates: rates });
  }

  private async *train(
    source: BatchSource,
    clock: FitClock,
    compileMs: number | undefined,
    watch: ValidationWatch | undefined,
    { validate, reportEvery, signal }: FitOptions,
  ): AsyncGenerator<Progress, void, undefined> {
    const { parts, position } = this;
    const report = new Report({ ...parts.settings, classes: hasLabels(parts.settings.loss) }, clock, compileMs);
    const evaluate = async () => validate && this.evaluate(validate, { signal });
    const finish = () => {
      watch?.end();
      this.known = undefined;
    };
    const reportsByTime = reportEvery === undefined;
    const { evaluations } = this;
    const pruner = parts.settings.pruning && new Pruner(parts, parts.settings.pruning);
    await Promise.allSettled(evaluations);
    await pruner?.begin(position.step);
    if (parts.settings.sharing) await shareNow(parts, parts.settings.sharing);
    const options = { source, clock, report, reportsByTime, evaluate, evaluations, watch, pruner, finish, signal };
    yield* new FitLoop(parts, position, options).run();
  }

  /** Goes on with what a fit that was broken off knew of the same evaluations, or begins anew. */
  private async watchFor(options: FitOptions): Promise<ValidationWatch | undefined> {
    const settings = watchSettings(options, this.parts.settings);
    const { validate } = options;
    const validation = validate && (settings.stop || settings.plateau) ? await datasetHash(validate) : undefined;
    if (validation === undefined || !this.known?.goesOnWith(settings, validation)) {
      this.forgetWatch();
      this.known = validation === undefined ? undefined : await ValidationWatch.begin(this.parts, settings, validation);
    }
    return this.known;
  }

  /** What `stop` and `plateau` know is of other weights. */
  forgetWatch(): void {
    this.known?.forget();
    this.known = undefined;
  }

  /** Plans anew where a restored checkpoint was made with other kernel variants: sums must keep their order. */
  private async goOnWithRestoredVariants(): Promise<void> {
    const { variants } = this.position;
    if (variants && !this.planned.hasVariants(variants)) {
      const { parts, planned } = this;
      const choice = { ...LEFT_APART, ...variants };
      this.planned = await TrainingStep.create(parts, layOut(parts.workspace.gpu, { ...this.graphOptions, choice }));
      planned.destroy();
    }
    this.position.variants = undefined;
  }
}

/** What checkpoints of before knew nothing of: they name the kernels of its parts. */
const LEFT_APART = { 'conv2d-gradients': APART, 'dense-gradients': APART, separable: APART, 'separable-gradient': APART };

function clockOf(epochs: Epochs, start: number, options: FitOptions): FitClock {
  const { steps, epochs: count = 0, validate, evaluateEvery, reportEvery } = options;
  const end = steps === undefined ? { epochs: count } : start + steps;
  return new FitClock({ epochs, end, evaluates: validate !== undefined, evaluateEvery, reportEvery });
}
