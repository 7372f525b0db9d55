import { checkArguments, NUMBER, RECORD } from '../core/arguments.ts';
import { abortError, OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import type { Dataset } from '../data/dataset.ts';
import { datasetHash } from '../data/hash.ts';
import { DATASET } from '../data/kind.ts';
import { type DataStream, isStream, streamIdentity } from '../data/stream.ts';
import { CHECKPOINT, type Checkpoint } from '../formats/checkpoint.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Workspace } from '../gpu/workspace.ts';
import { FIRST_LOSS_SCALE } from '../kernels/mixed.ts';
import { WEIGHTS } from '../model/kind.ts';
import { Network } from '../model/network.ts';
import type { Model } from '../model/types.ts';
import { checkWeights, partialWeights, type Weights, type WeightsReport } from '../model/weights.ts';
import { type GraphOptions, layOut } from '../plan/layout.ts';
import { createParameters } from '../plan/parameters.ts';
import { TrainingState } from '../plan/state.ts';
import type { PlanSummary } from '../plan/summary.ts';
import { tunedChoice } from '../tune/tuner.ts';
import { type BatchSource, ResidentSource } from './batch-source.ts';
import { checkpointOf, restoredFrom } from './checkpointing.ts';
import { refuseUnknown } from './checks.ts';
import { Fit } from './fit.ts';
import { type Epochs, FitClock, NotedEpochs, RegularEpochs } from './fit-clock.ts';
import { FitLoop } from './fit-loop.ts';
import { checkFit, type FitOptions, watchSettings } from './fit-options.ts';
import { checkEvaluateOptions, type EvaluateOptions, type Evaluation, Inference } from './inference.ts';
import { evaluationOf, hasLabels } from './loss.ts';
import { MeteredQueue } from './metrics.ts';
import { checkPrecision, type TrainerOptions, trainerSettings } from './options.ts';
import type { TrainerParts } from './parts.ts';
import { startingPosition, type TrainingPosition } from './position.ts';
import { type Progress, Report } from './progress.ts';
import { checkFits } from './resident.ts';
import { ResidentSets } from './resident-sets.ts';
import { StreamSource } from './stream-source.ts';
import { trainingGraph } from './training-graph.ts';
import { TrainingStep } from './training-step.ts';
import { updateOf } from './update.ts';
import { ValidationWatch } from './validation-watch.ts';
import { checkReplicas, orWhatFits, trainingFits } from './what-fits.ts';

/** Trains one model, or `replicas` copies of it that differ in seed and learning rate. Make it with `trainer()`. */
export class Trainer {
  private readonly sets: ResidentSets;
  private readonly position: TrainingPosition = startingPosition();
  private inference: Promise<Inference> | undefined;
  /** Of a fit with `stop` or `plateau` that is under way, or was broken off. */
  private watch: ValidationWatch | undefined;
  private fitting = false;
  private evaluations = 0;

  private constructor(
    private readonly parts: TrainerParts,
    private readonly graphOptions: GraphOptions,
    private planned: TrainingStep,
  ) {
    this.sets = new ResidentSets(parts.workspace.gpu);
  }

  static async create(gpu: Gpu, model: Model, options: TrainerOptions): Promise<Trainer> {
    if (options.signal?.aborted) throw abortError(options.signal.reason);
    gpu.check();
    if (Number.isSafeInteger(options.replicas)) checkReplicas(gpu, options.replicas ?? 1);
    const settings = trainerSettings(options);
    checkPrecision(gpu, settings.precision);
    const network = new Network(model, settings.seeds);
    const graph = trainingGraph(network, settings);
    const { replicas, precision, tune } = settings;
    const update = updateOf(settings, graph.gradients);
    const graphOptions = { replicas, outputs: [graph.rows], update, precision };
    const workspace = new Workspace(gpu, 'trainer');
    try {
      // First, since it checks every size against the adapter's limits before it allocates.
      const { layout, parameters } = orWhatFits(settings, trainingFits(gpu, network, settings), () => {
        const layout = layOut(gpu, graphOptions);
        return { layout, parameters: createParameters(workspace, [...network.parameters.values(), ...graph.constants], layout) };
      });
      const state = new TrainingState(workspace, replicas);
      state.writeScaling(settings.seeds.map(() => ({ scale: FIRST_LOSS_SCALE, good: 0, updates: 0, skipped: 0 })));
      const queue = new MeteredQueue(workspace, replicas);
      await workspace.settled();
      const parts = { workspace, settings, network, graph, parameters, state, queue };
      const tuned = async (mode: 'quick' | 'full') =>
        layOut(gpu, { ...graphOptions, choice: await tunedChoice(gpu, graphOptions, { mode, signal: options.signal }) });
      const planned = await TrainingStep.create(parts, tune === 'off' ? layout : await tuned(tune));
      if (options.signal?.aborted) throw abortError(options.signal.reason);
      return new Trainer(parts, graphOptions, planned);
    } catch (error) {
      workspace.destroy();
      throw error;
    }
  }

  get model(): Model {
    return this.parts.network.model;
  }

  /** Steps done, counted over all calls of fit and a restored checkpoint's. */
  get step(): number {
    return this.position.step;
  }

  /** What a step costs: dispatches (the counting of the step included, and the gathering of the batch, which is one for each buffer that the data set fills), bytes, kernels. */
  get plan(): PlanSummary {
    return this.planned.summary;
  }

  /**
   * Trains for further `steps` or `epochs`, on a data set or a stream, and yields progress: at multiples of `reportEvery` steps, or about twice a second.
   * `validate` is evaluated at multiples of `evaluateEvery` steps (else after each epoch) and at the end. An abort finishes the step, then throws an
   * AbortError. Throws a DivergedError where a loss becomes NaN or infinite, in training or in validation, a ShapeError or DataError where the data do not fit.
   * It begins when it is iterated or awaited; awaited, it trains to the end and gives the last progress.
   */
  fit(data: Dataset | DataStream, options: FitOptions): Fit {
    return new Fit(this.alone(data, options));
  }

  private async *alone(data: Dataset | DataStream, options: FitOptions): AsyncGenerator<Progress, void, undefined> {
    this.parts.workspace.checkOpen();
    if (this.fitting)
      throw new OptionError(
        'fit: another fit of this trainer is under way; go over it to its end, call its return(), or abort it',
      );
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

  private async *fitDataset(data: Dataset, options: FitOptions): AsyncGenerator<Progress, void, undefined> {
    const { parts, position } = this;
    const { batch } = parts.settings;
    const { resident, letGo } = await this.sets.hold(data);
    try {
      const place = this.placeIn(await datasetHash(data));
      const commands = await this.planned.on(resident);
      const compileMs = await this.planned.compile(commands);
      // What fails before its first step changes nothing of the next fit.
      const watch = await this.watchFor(options);
      Object.assign(position, place);
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
    const place = this.placeIn(streamIdentity(stream));
    const { origin, stream: from = { epoch: 0, skip: 0 } } = place;
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
      Object.assign(position, place);
      yield* this.train(source, clock, source.compileMs, watch, options);
    } finally {
      await source.close();
    }
  }

  /** Where a training on these data begins: it goes on in those that it was in, or begins in others. */
  private placeIn(identity: string): Pick<TrainingPosition, 'dataHash' | 'origin' | 'stream'> {
    const { dataHash, origin, stream, step } = this.position;
    return identity === dataHash ? { dataHash, origin, stream } : { dataHash: identity, origin: step, stream: undefined };
  }

  /** Tells the GPU where the training stands: in samples of which the first are those behind `origin`. */
  private writeState(samples: number, origin: number, watch: ValidationWatch | undefined): void {
    const { batch, seeds, learningRates } = this.parts.settings;
    const rates = watch?.learningRates ?? learningRates;
    this.parts.state.write({ step: this.position.step, samples, batch, origin, seeds, learningRates: rates });
  }

  private train(
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
      this.watch = undefined;
    };
    const reportsByTime = reportEvery === undefined;
    return new FitLoop(parts, position, { source, clock, report, reportsByTime, evaluate, watch, finish, signal }).run();
  }

  /** Goes on with what a fit that was broken off knew of the same evaluations, or begins anew. */
  private async watchFor(options: FitOptions): Promise<ValidationWatch | undefined> {
    const settings = watchSettings(options, this.parts.settings);
    const { validate } = options;
    const validation = validate && (settings.stop || settings.plateau) ? await datasetHash(validate) : undefined;
    if (validation === undefined || !this.watch?.goesOnWith(settings, validation)) {
      this.forgetWatch();
      this.watch = validation === undefined ? undefined : await ValidationWatch.begin(this.parts, settings, validation);
    }
    return this.watch;
  }

  private forgetWatch(): void {
    this.watch?.forget();
    this.watch = undefined;
  }

  /**
   * Loss, accuracy and confusion on each sample of a data set once, without dropout and with running statistics. Throws a LimitError
   * where the adapter has not what the evaluation needs; the trainer remains as it was.
   */
  async evaluate(
    data: Dataset,
    options: EvaluateOptions = {},
  ): Promise<Evaluation & { readonly replicas: readonly Evaluation[] }> {
    checkArguments('evaluate(test, { signal })', { data: DATASET, options: RECORD }, [data, options]);
    checkEvaluateOptions(options);
    return this.parts.workspace.during(async () => {
      this.evaluations++;
      try {
        return await this.evaluateNow(data, options);
      } finally {
        this.evaluations--;
      }
    });
  }

  private async evaluateNow(data: Dataset, options: EvaluateOptions) {
    const inference = await this.inferencePlan();
    checkFits(data, this.model.input, inference.outputShape, evaluationOf(this.parts.settings).loss);
    const { resident, letGo } = await this.sets.hold(data);
    try {
      const replicas = await inference.evaluate(resident, options);
      const [first] = replicas;
      if (!first) throw new Error('A trainer has at least one replica');
      return { ...first, replicas };
    } finally {
      letGo();
    }
  }

  /**
   * Frees the memory that a data set takes on the GPU, when nothing uses it any more. What is trained or evaluated on stays there for
   * the next time, until this or until the program itself has dropped it.
   */
  release(data: Dataset): void {
    checkArguments('release(train)', { data: DATASET }, [data]);
    this.parts.workspace.checkOpen();
    this.sets.release(data);
  }

  /** The weights of a replica, running statistics included; with `averaging` the averages of those that are trained. */
  async weights(replica = 0): Promise<Weights> {
    this.checkReplica(replica);
    const { workspace, network, parameters } = this.parts;
    const entries = [...network.parameters];
    const data = await workspace.during(() =>
      parameters.read(entries.map(([, parameter]) => ({ parameter, slot: parameters.usedSlot(parameter), replica }))),
    );
    return new Map(entries.map(([name, { shape }], index) => [name, { shape, data: data[index] as Float32Array }]));
  }

  /**
   * Replaces the weights of a replica, and their averages; moments and step stay. Throws a ShapeError where they belong to another model. With `partial`
   * those are taken that fit by name and shape, such as all but a new head's: it throws where none does. Tells what became of each.
   */
  setWeights(weights: Weights, replica = 0, options: { readonly partial?: boolean } = {}): WeightsReport {
    const { workspace, network, parameters } = this.parts;
    workspace.checkOpen();
    const form = 'setWeights(await other.weights(), 0, { partial: true })';
    checkArguments(form, { weights: WEIGHTS, replica: NUMBER, options: RECORD }, [weights, replica, options]);
    this.checkReplica(replica);
    const { partial = false, ...rest } = options;
    refuseUnknown('setWeights', rest, 'partial');
    if (typeof partial !== 'boolean') throw new OptionError(`setWeights: partial must be true or false, got ${shown(partial)}`);
    if (!partial) checkWeights(this.model, weights);
    const report = partialWeights(this.model, weights);
    this.checkNotEvaluating('setWeights');
    if (this.position.diverged?.replica === replica && report.missing.length === 0) this.position.diverged = undefined;
    if (!this.fitting) this.forgetWatch();
    const writes = report.set.flatMap((name) => {
      const [parameter, value] = [network.parameters.get(name), weights.get(name)];
      if (!parameter || !value) return [];
      const slots = (['value', 'average'] as const).filter((slot) => parameters.hasSlot(parameter, slot));
      return slots.map((slot) => ({ parameter, slot, replica, data: value.data }));
    });
    parameters.write(writes);
    return report;
  }

  /** Everything that a later `restore` needs to go on bit-identically. Throws a DivergedError where the loss is no longer finite. */
  async checkpoint(): Promise<Checkpoint> {
    const { workspace } = this.parts;
    workspace.checkOpen();
    if (this.position.diverged) throw this.position.diverged;
    const { step, origin, dataHash, stream, variants = this.plan.variants } = this.position;
    return workspace.during(() => checkpointOf(this.parts, { step, origin, dataHash, stream, variants }, this.watch));
  }

  /** Takes a checkpoint's weights, moments, step and kernel variants. Throws a ShapeError or OptionError where it is of another training. */
  restore(checkpoint: Checkpoint): void {
    checkArguments('restore(await load(path))', { checkpoint: CHECKPOINT }, [checkpoint]);
    this.parts.workspace.checkOpen();
    if (this.fitting) throw new OptionError('restore: a fit of this trainer is running; wait for it or abort it');
    this.checkNotEvaluating('restore');
    const { scaling, watch, ...place } = restoredFrom(checkpoint, this.parts);
    if (scaling) this.parts.state.writeScaling(scaling);
    this.forgetWatch();
    this.watch = watch && ValidationWatch.restored(this.parts, watch.state, watch.kept);
    Object.assign(this.position, place, { diverged: undefined });
  }

  /** Frees what the trainer made on the GPU, after what is under way; a fit ends with an OptionError at its next step. */
  async destroy(): Promise<void> {
    const { workspace, queue } = this.parts;
    await workspace.close();
    // The steps of a fit that are in flight: freeing a buffer that is being mapped would throw at whoever waits for it.
    await workspace.gpu.finished().catch(() => undefined);
    await (await this.inference?.catch(() => undefined))?.destroy();
    await this.sets.destroy();
    workspace.destroy();
    // Who keeps the trainer keeps no pipelines.
    this.inference = undefined;
    this.planned.destroy();
    queue.forget();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy();
  }

  private async inferencePlan(): Promise<Inference> {
    const { network, parameters, settings, workspace } = this.parts;
    const { gpu } = workspace;
    const { replicas, batch, tune } = settings;
    const options = { owner: 'trainer', replicas, batch, tune, ...evaluationOf(settings) };
    this.inference ??= Inference.create({ gpu, network, parameters, ...options });
    const planned = this.inference;
    try {
      return await planned;
    } catch (error) {
      // What failed is tried anew the next time.
      if (this.inference === planned) this.inference = undefined;
      throw error;
    }
  }

  /** Plans anew where a restored checkpoint was made with other kernel variants: sums must keep their order. */
  private async goOnWithRestoredVariants(): Promise<void> {
    const { variants } = this.position;
    if (variants && !this.planned.hasVariants(variants)) {
      const { parts, planned } = this;
      this.planned = await TrainingStep.create(parts, layOut(parts.workspace.gpu, { ...this.graphOptions, choice: variants }));
      planned.destroy();
    }
    this.position.variants = undefined;
  }

  private checkNotEvaluating(what: string): void {
    if (this.evaluations > 0) throw new OptionError(`${what}: an evaluation of this trainer is running; wait for it`);
  }

  private checkReplica(replica: number): void {
    const { replicas } = this.parts.settings;
    if (!Number.isInteger(replica) || replica < 0 || replica >= replicas)
      throw new OptionError(`There is no replica ${shown(replica)}; this trainer has ${replicas}, counted from 0`);
  }
}

function clockOf(epochs: Epochs, start: number, options: FitOptions): FitClock {
  const { steps, epochs: count = 0, validate, evaluateEvery, reportEvery } = options;
  const end = steps === undefined ? { epochs: count } : start + steps;
  return new FitClock({ epochs, end, evaluates: validate !== undefined, evaluateEvery, reportEvery });
}

export function trainer(gpu: Gpu, model: Model, options: TrainerOptions): Promise<Trainer> {
  return Trainer.create(gpu, model, options);
}
