import { checkArguments, NUMBER, RECORD, refuseUnknown } from '../core/arguments.ts';
import { abortError, OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import type { Dataset } from '../data/dataset.ts';
import { type InputDescription, plainInput } from '../data/input-description.ts';
import { DATASET } from '../data/kind.ts';
import type { DataStream } from '../data/stream.ts';
import { CHECKPOINT, type Checkpoint } from '../formats/checkpoint.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Workspace } from '../gpu/workspace.ts';
import type { Tensor } from '../graph/tensor.ts';
import { FIRST_LOSS_SCALE } from '../kernels/mixed.ts';
import { WEIGHTS } from '../model/kind.ts';
import { Network } from '../model/network.ts';
import { parametersOf } from '../model/resolve.ts';
import type { Model } from '../model/types.ts';
import { checkWeights, partialWeights, type Weights, type WeightsReport } from '../model/weights.ts';
import { type GraphOptions, layOut, loadFamilies } from '../plan/layout.ts';
import { createParameters } from '../plan/parameters.ts';
import { TrainingState } from '../plan/state.ts';
import type { PlanSummary } from '../plan/summary.ts';
import type { QuantizedModel } from '../quantize/types.ts';
import { tunedChoice } from '../tune/tuner.ts';
import { checkpointOf, restoredFrom } from './checkpointing.ts';
import { Fit } from './fit.ts';
import type { FitOptions } from './fit-options.ts';
import { checkEvaluateOptions, type EvaluateOptions, type Evaluation, Inference } from './inference.ts';
import type { KernelTimes, KernelTimesOptions } from './kernel-times.ts';
import { evaluationOf } from './loss.ts';
import { MeteredQueue } from './metrics.ts';
import { checkPrecision, type TrainerOptions, trainerSettings } from './options.ts';
import type { TrainerParts } from './parts.ts';
import { checkPrunedNames } from './pruning/pruner.ts';
import { QuantizedEvaluation } from './quantization/evaluation.ts';
import { evaluateIntegers } from './quantization/integer-evaluation.ts';
import { checkLeaves, quantizedModels } from './quantization/quantized-models.ts';
import { logScales } from './quantization/weight-scales.ts';
import { checkFits } from './resident.ts';
import { ResidentSets } from './resident-sets.ts';
import { checkSharing } from './sharing/sharer.ts';
import { Training } from './training.ts';
import { checkReplicas, trainingFits } from './training-fits.ts';
import { trainingGraph, updateOf } from './training-graph.ts';
import { TrainingStep } from './training-step.ts';
import { usualLoss } from './usual-loss.ts';
import { ValidationWatch } from './validation-watch.ts';
import { orWhatFits } from './what-fits.ts';

/** Trains one model, or `replicas` copies of it that differ in seed and learning rate. Make it with `trainer()`. */
export class Trainer {
  private readonly sets: ResidentSets;
  private readonly training: Training;
  private inference: Promise<Inference | QuantizedEvaluation> | undefined;

  private constructor(
    private readonly parts: TrainerParts,
    graphOptions: GraphOptions,
    planned: TrainingStep,
  ) {
    this.sets = new ResidentSets(parts.workspace.gpu);
    this.training = new Training(parts, graphOptions, planned, this.sets, (data, options) => this.evaluate(data, options));
  }

  static async create(gpu: Gpu, model: Model, options: TrainerOptions): Promise<Trainer> {
    if (options.signal?.aborted) throw abortError(options.signal.reason);
    gpu.check();
    if (Number.isSafeInteger(options.replicas)) checkReplicas(gpu, options.replicas ?? 1);
    const settings = trainerSettings(options, usualLoss(model));
    checkPrecision(gpu, settings.precision);
    const network = new Network(model, settings.seeds);
    if (settings.quantization) checkLeaves(network.model, settings.quantization);
    if (settings.pruning) checkPrunedNames(settings.pruning, network);
    if (settings.sharing) checkSharing(settings.sharing, network);
    const graph = trainingGraph(network, settings);
    const variables = [...network.parameters.values(), ...graph.quantizers];
    const { replicas, precision, tune } = settings;
    const update = updateOf(settings, graph.gradients);
    const graphOptions = { replicas, outputs: [graph.rows], update, precision };
    await loadFamilies(gpu, graphOptions);
    const workspace = new Workspace(gpu, 'trainer');
    try {
      // First, since it checks every size against the adapter's limits before it allocates.
      const { layout, parameters } = orWhatFits(settings, trainingFits(gpu, network, settings), () => {
        const layout = layOut(gpu, graphOptions);
        return { layout, parameters: createParameters(workspace, [...variables, ...graph.constants], layout) };
      });
      const state = new TrainingState(workspace, replicas);
      state.writeScaling(settings.seeds.map(() => ({ scale: FIRST_LOSS_SCALE, good: 0, updates: 0, skipped: 0 })));
      const queue = new MeteredQueue(workspace, replicas);
      await workspace.settled();
      const parts = { workspace, settings, network, graph, parameters, variables, state, queue };
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

  /** What the model takes, after the data of the latest `fit` or of the restored checkpoint; before any, floats as the model sees them. */
  get input(): InputDescription {
    return this.training.position.input ?? plainInput(this.model.input);
  }

  /** Steps done, counted over all calls of fit and a restored checkpoint's. */
  get step(): number {
    return this.training.position.step;
  }

  /** What a step costs: dispatches (the counting of the step included, and the gathering of the batch, which is one for each buffer that the data set fills), bytes, kernels. */
  get plan(): PlanSummary {
    return this.training.plan;
  }

  /**
   * Trains for further `steps` or `epochs`, on a data set or a stream, and yields progress: at multiples of `reportEvery` steps, or about twice a second.
   * `validate` is evaluated at multiples of `evaluateEvery` steps (else after each epoch) and at the end. An abort finishes the step, then throws an
   * AbortError. Throws a DivergedError where a loss becomes NaN or infinite, in training or in validation, a ShapeError or DataError where the data do not fit.
   * It begins when it is iterated or awaited; awaited, it trains to the end and gives the last progress.
   */
  fit(data: Dataset | DataStream, options: FitOptions): Fit {
    return new Fit(this.training.run(data, options));
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
    return this.parts.workspace.during(() => this.training.apart(this.evaluateNow(data, options)));
  }

  /**
   * How long each kernel of a training step takes on the GPU, by timestamp queries, on batches of a data set. Weights, moments and the
   * place in the data stay as they are, bit for bit. Browsers round timestamps (Chromium to 0.1 ms): a dispatch is known to that, over
   * `repeats`. Throws a LimitError where the device has no timestamp queries, an OptionError while a fit runs.
   */
  kernelTimes(data: Dataset, options: KernelTimesOptions = {}): Promise<KernelTimes> {
    return this.parts.workspace.during(() => this.training.kernelTimes(data, options));
  }

  private async evaluateNow(data: Dataset, options: EvaluateOptions) {
    const { settings, workspace } = this.parts;
    if (settings.quantization?.activations === 8) {
      const models = await quantizedModels(this.parts, [...settings.seeds.keys()], this);
      return withFirst(await evaluateIntegers(workspace.gpu, models, settings, data, options));
    }
    const inference = await this.inferencePlan();
    checkFits(data, this.model.input, inference.outputShape, evaluationOf(this.parts.settings).loss);
    const { resident, letGo } = await this.sets.hold(data);
    try {
      return withFirst(await inference.evaluate(resident, options));
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

  /**
   * What a replica that is trained for few bits leaves: the integers of its weights with a scale for each channel, batch normalisation
   * folded; with `averaging` those of the averages. It computes what `evaluate` tells. Throws an OptionError where the trainer was made
   * without `quantization`, a DivergedError where a weight is no longer finite.
   */
  async quantized(replica = 0): Promise<QuantizedModel> {
    this.checkReplica(replica);
    const { workspace, settings } = this.parts;
    workspace.checkOpen();
    if (!settings.quantization)
      throw new OptionError(
        'quantized: this trainer trains floats; make it with quantization: { weights: 8 }, or use quantize(gpu, model, weights, { calibration })',
      );
    const [model] = await workspace.during(() => quantizedModels(this.parts, [replica], this));
    if (!model) throw new Error('A trainer has at least one replica');
    return model;
  }

  /**
   * The weights of a replica, running statistics included; with `averaging` the averages of those that are trained. With `quantization`
   * the floats behind the integers.
   */
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
   * Replaces the weights of a replica, and their averages; moments and step stay, scales of few bits begin anew at these weights. Throws a ShapeError where they belong to another model. With `partial`
   * those are taken that fit by name and shape, such as all but a new head's: it throws where none does. Tells what became of each.
   */
  setWeights(weights: Weights, replica = 0, options: { readonly partial?: boolean } = {}): WeightsReport {
    const { workspace, network, parameters, graph } = this.parts;
    workspace.checkOpen();
    const form = 'setWeights(await other.weights(), 0, { partial: true })';
    checkArguments(form, { weights: WEIGHTS, replica: NUMBER, options: RECORD }, [weights, replica, options]);
    this.checkReplica(replica);
    const { partial = false, ...rest } = options;
    refuseUnknown('setWeights', rest, ['partial']);
    if (typeof partial !== 'boolean') throw new OptionError(`setWeights: partial must be true or false, got ${shown(partial)}`);
    if (!partial) checkWeights(this.model, weights);
    const report = partialWeights('model', parametersOf(this.model), weights);
    this.checkNotEvaluating('setWeights');
    if (this.training.position.diverged?.replica === replica && report.missing.length === 0)
      this.training.position.diverged = undefined;
    if (!this.training.isRunning) this.training.forgetWatch();
    const written = (parameter: Tensor, data: Float32Array) => {
      const slots = (['value', 'average'] as const).filter((slot) => parameters.hasSlot(parameter, slot));
      return slots.map((slot) => ({ parameter, slot, replica, data }));
    };
    const writes = report.set.flatMap((name) => {
      const [parameter, value] = [network.parameters.get(name), weights.get(name)];
      if (!parameter || !value) return [];
      const scaled = graph.scaled.find((one) => one.weights === parameter);
      return [...written(parameter, value.data), ...(scaled ? written(scaled.logScale, logScales(value.data, scaled)) : [])];
    });
    parameters.write(writes);
    return report;
  }

  /** Everything that a later `restore` needs to go on bit-identically. Throws a DivergedError where the loss is no longer finite. */
  async checkpoint(): Promise<Checkpoint> {
    const { workspace } = this.parts;
    workspace.checkOpen();
    if (this.training.position.diverged) throw this.training.position.diverged;
    const { step, origin, dataHash, input, stream, variants = this.plan.variants } = this.training.position;
    return workspace.during(() =>
      checkpointOf(this.parts, { step, origin, dataHash, input, stream, variants }, this.training.watch),
    );
  }

  /** Takes a checkpoint's weights, moments, step and kernel variants. Throws a ShapeError or OptionError where it is of another training. */
  restore(checkpoint: Checkpoint): void {
    checkArguments('restore(await load(path))', { checkpoint: CHECKPOINT }, [checkpoint]);
    this.parts.workspace.checkOpen();
    if (this.training.isRunning) throw new OptionError('restore: a fit of this trainer is running; wait for it or abort it');
    this.checkNotEvaluating('restore');
    const { scaling, watch, ...position } = restoredFrom(checkpoint, this.parts);
    if (scaling) this.parts.state.writeScaling(scaling);
    this.training.moveTo(position, watch && ValidationWatch.restored(this.parts, watch.state, watch.kept));
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
    this.training.destroy();
    queue.forget();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy();
  }

  private async inferencePlan(): Promise<Inference | QuantizedEvaluation> {
    const { network, parameters, settings, workspace } = this.parts;
    const { gpu } = workspace;
    const { replicas, batch, tune, quantization } = settings;
    const options = { gpu, owner: 'trainer', replicas, batch, tune, ...evaluationOf(settings) };
    this.inference ??= quantization
      ? QuantizedEvaluation.create(options, () => quantizedModels(this.parts, [...settings.seeds.keys()], this))
      : Inference.create({ network, parameters, ...options });
    const planned = this.inference;
    try {
      return await planned;
    } catch (error) {
      // What failed is tried anew the next time.
      if (this.inference === planned) this.inference = undefined;
      throw error;
    }
  }

  private checkNotEvaluating(what: string): void {
    if (this.training.isEvaluated) throw new OptionError(`${what}: an evaluation of this trainer is running; wait for it`);
  }

  private checkReplica(replica: number): void {
    const { replicas } = this.parts.settings;
    if (!Number.isInteger(replica) || replica < 0 || replica >= replicas)
      throw new OptionError(`There is no replica ${shown(replica)}; this trainer has ${replicas}, counted from 0`);
  }
}

function withFirst(replicas: readonly Evaluation[]): Evaluation & { readonly replicas: readonly Evaluation[] } {
  const [first] = replicas;
  if (!first) throw new Error('A trainer has at least one replica');
  return { ...first, replicas };
}

export function trainer(gpu: Gpu, model: Model, options: TrainerOptions): Promise<Trainer> {
  return Trainer.create(gpu, model, options);
}
