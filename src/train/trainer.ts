import { checkArguments, optional, RECORD } from '../core/arguments.ts';
import { abortError, DataError, DivergedError, OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import type { Dataset } from '../data/dataset.ts';
import { datasetHash } from '../data/hash.ts';
import { DATASET } from '../data/kind.ts';
import { CHECKPOINT, type Checkpoint } from '../formats/checkpoint.ts';
import { type Command, compileCommands, createCommands } from '../gpu/commands.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Workspace } from '../gpu/workspace.ts';
import { finishKernel, MOST_STEPS } from '../kernels/batch.ts';
import { FIRST_LOSS_SCALE } from '../kernels/mixed.ts';
import { WEIGHTS } from '../model/kind.ts';
import { Network } from '../model/network.ts';
import type { Model } from '../model/types.ts';
import { checkWeights, type Weights } from '../model/weights.ts';
import { type GraphLayout, type GraphOptions, layOut } from '../plan/layout.ts';
import { createParameters, type ParameterStore } from '../plan/parameters.ts';
import { Plan, type PlanOptions } from '../plan/plan.ts';
import { TrainingState } from '../plan/state.ts';
import type { PlanSummary } from '../plan/summary.ts';
import { tunedChoice } from '../tune/tuner.ts';
import { checkpointOf, type Restored, restoredFrom } from './checkpointing.ts';
import { checkCount, checkSignal, refuseUnknown } from './checks.ts';
import { Fit } from './fit.ts';
import { checkReplicas, orWhatFits, trainingFits } from './fitting.ts';
import { checkEvaluateOptions, type EvaluateOptions, type Evaluation, Inference } from './inference.ts';
import { hasLabels } from './loss.ts';
import { IN_FLIGHT, MeteredQueue, type Submission } from './metrics.ts';
import { checkPrecision, type TrainerOptions, type TrainerSettings, trainerSettings } from './options.ts';
import { type FitOptions, type Progress, Report } from './progress.ts';
import { checkFits, type ResidentData } from './resident.ts';
import { ResidentSets } from './resident-sets.ts';
import { type TrainingGraph, trainingGraph } from './training-graph.ts';

/** Milliseconds of work that one submit should hold: progress, Ctrl-C and browsers' watchdogs stay prompt. */
const SUBMIT_MS = 100;
/** Without `reportEvery`: milliseconds between reports. */
const REPORT_MS = 400;

/** Trains one model, or `replicas` copies of it that differ in seed and learning rate. Make it with `trainer()`. */
export class Trainer {
  private readonly sets: ResidentSets;
  private gathers = new WeakMap<ResidentData, readonly Command[]>();
  private readonly compiled = new WeakSet<Command>();
  private inference: Promise<Inference> | undefined;
  private stepsSubmitted = 0;
  /** The step at which the present data set's first epoch began, and that set's hash. */
  private origin = 0;
  private dataHash: string | undefined;
  private fitting = false;
  private evaluations = 0;
  private wantedVariants: PlanSummary['variants'] | undefined;
  private diverged: DivergedError | undefined;
  private msPerStep = SUBMIT_MS;

  private constructor(
    private readonly workspace: Workspace,
    readonly model: Model,
    private readonly settings: TrainerSettings,
    private readonly network: Network,
    private readonly parameters: ParameterStore,
    private readonly state: TrainingState,
    private readonly queue: MeteredQueue,
    private readonly graph: TrainingGraph,
    private readonly options: GraphOptions,
    private current: { plan: Plan; finish: readonly Command[] },
  ) {
    this.sets = new ResidentSets(workspace.gpu);
  }

  static async create(gpu: Gpu, model: Model, options: TrainerOptions): Promise<Trainer> {
    if (options.signal?.aborted) throw abortError(options.signal.reason);
    gpu.check();
    if (Number.isSafeInteger(options.replicas)) checkReplicas(gpu, options.replicas ?? 1);
    const settings = trainerSettings(options);
    checkPrecision(gpu, settings.precision);
    const network = new Network(model, settings.seeds);
    const graph = trainingGraph(network, settings);
    const { replicas, precision } = settings;
    const update = { gradients: graph.gradients, optimizer: settings.optimizer, schedule: settings.schedule };
    const graphOptions = { replicas, outputs: [graph.rows], update, precision };
    const workspace = new Workspace(gpu, 'trainer');
    try {
      // First, since it checks every size against the adapter's limits before it allocates.
      const { layout, parameters } = orWhatFits(settings, trainingFits(gpu, network, settings), () => {
        const layout = layOut(gpu, graphOptions);
        return { layout, parameters: createParameters(workspace, [...network.parameters.values()], layout) };
      });
      const state = new TrainingState(workspace, replicas);
      state.writeScaling(settings.seeds.map(() => ({ scale: FIRST_LOSS_SCALE, good: 0, updates: 0, skipped: 0 })));
      const queue = new MeteredQueue(workspace, replicas);
      await workspace.settled();
      const tuned =
        settings.tune === 'off'
          ? layout
          : layOut(gpu, {
              ...graphOptions,
              choice: await tunedChoice(gpu, graphOptions, { mode: settings.tune, signal: options.signal }),
            });
      const current = await plan(workspace, tuned, { state, parameters }, graph, queue, settings);
      if (options.signal?.aborted) throw abortError(options.signal.reason);
      return new Trainer(workspace, model, settings, network, parameters, state, queue, graph, graphOptions, current);
    } catch (error) {
      workspace.destroy();
      throw error;
    }
  }

  /** Steps done, counted over all calls of fit and a restored checkpoint's. */
  get step(): number {
    return this.stepsSubmitted;
  }

  /** What a step costs: dispatches (the counting of the step included, and the gathering of the batch, which is one for each buffer that the data set fills), bytes, kernels. */
  get plan(): PlanSummary {
    const { summary } = this.current.plan;
    return { ...summary, dispatches: summary.dispatches + 2 };
  }

  /**
   * Trains for further `steps` or `epochs` and yields progress: at multiples of `reportEvery` steps, or about twice a second.
   * `validate` is evaluated at multiples of `evaluateEvery` steps (else after each epoch) and at the end. An abort finishes the step, then throws an
   * AbortError. Throws a DivergedError where a loss becomes NaN or infinite, in training or in validation, a ShapeError or DataError where the data do not fit.
   * It begins when it is iterated or awaited; awaited, it trains to the end and gives the last progress.
   */
  fit(data: Dataset, options: FitOptions): Fit {
    return new Fit(this.alone(data, options));
  }

  private async *alone(data: Dataset, options: FitOptions): AsyncGenerator<Progress, void, undefined> {
    this.workspace.checkOpen();
    if (this.fitting)
      throw new OptionError(
        'fit: another fit of this trainer is under way; go over it to its end, call its return(), or abort it',
      );
    this.fitting = true;
    try {
      yield* this.run(data, options);
    } finally {
      this.fitting = false;
    }
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
    return this.workspace.during(async () => {
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
    checkFits(data, this.model.input, inference.outputShape, this.settings.loss);
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
    this.workspace.checkOpen();
    this.sets.release(data);
  }

  /** The weights of a replica, running statistics included. */
  async weights(replica = 0): Promise<Weights> {
    this.checkReplica(replica);
    const entries = [...this.network.parameters];
    const data = await this.workspace.during(() =>
      this.parameters.read(entries.map(([, parameter]) => ({ parameter, slot: 'value', replica }))),
    );
    return new Map(entries.map(([name, { shape }], index) => [name, { shape, data: data[index] as Float32Array }]));
  }

  /** Replaces the weights of a replica; moments and step stay. Throws a ShapeError where they belong to another model. */
  setWeights(weights: Weights, replica = 0): void {
    this.workspace.checkOpen();
    this.checkReplica(replica);
    checkArguments('setWeights(await other.weights())', { weights: WEIGHTS }, [weights]);
    checkWeights(this.model, weights);
    this.checkNotEvaluating('setWeights');
    if (this.diverged?.replica === replica) this.diverged = undefined;
    const writes = [...this.network.parameters].flatMap(([name, parameter]) => {
      const value = weights.get(name);
      return value ? [{ parameter, slot: 'value' as const, replica, data: value.data }] : [];
    });
    this.parameters.write(writes);
  }

  /** Everything that a later `restore` needs to go on bit-identically. Throws a DivergedError where the loss is no longer finite. */
  async checkpoint(): Promise<Checkpoint> {
    this.workspace.checkOpen();
    if (this.diverged) throw this.diverged;
    const { settings, model, stepsSubmitted: step, origin, dataHash } = this;
    const place = { step, origin, dataHash, variants: this.wantedVariants ?? this.plan.variants };
    return this.workspace.during(() => checkpointOf(model, settings, this.network, this.parameters, this.state, place));
  }

  /** Takes a checkpoint's weights, moments, step and kernel variants. Throws a ShapeError or OptionError where it is of another training. */
  restore(checkpoint: Checkpoint): void {
    checkArguments('restore(await load(path))', { checkpoint: CHECKPOINT }, [checkpoint]);
    this.workspace.checkOpen();
    if (this.fitting) throw new OptionError('restore: a fit of this trainer is running; wait for it or abort it');
    this.checkNotEvaluating('restore');
    const restored: Restored = restoredFrom(checkpoint, this.model, this.settings, this.network, this.parameters);
    if (restored.scaling) this.state.writeScaling(restored.scaling);
    this.stepsSubmitted = restored.step;
    this.origin = restored.origin;
    this.dataHash = restored.dataHash;
    this.wantedVariants = restored.variants;
    this.diverged = undefined;
  }

  /** Frees what the trainer made on the GPU, after what is under way; a fit ends with an OptionError at its next step. */
  async destroy(): Promise<void> {
    await this.workspace.close();
    // The steps of a fit that are on their way: freeing a buffer that is being mapped would throw at whoever waits for it.
    await this.workspace.gpu.finished().catch(() => undefined);
    await (await this.inference?.catch(() => undefined))?.destroy();
    await this.sets.destroy();
    this.workspace.destroy();
    // Who keeps the trainer keeps no pipelines.
    this.inference = undefined;
    this.current.plan.destroy();
    this.current = { plan: this.current.plan, finish: [] };
    this.gathers = new WeakMap();
    this.queue.forget();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy();
  }

  private async *run(data: Dataset, options: FitOptions): AsyncGenerator<Progress, void, undefined> {
    checkArguments('fit(train, { epochs: 3 })', { data: DATASET, options: RECORD }, [data, options]);
    const { steps, epochs, validate, evaluateEvery, reportEvery, signal, ...rest } = options;
    refuseUnknown('fit', rest, 'steps, epochs, validate, evaluateEvery, reportEvery, signal');
    if ((steps === undefined) === (epochs === undefined)) throw new OptionError('fit: give either steps or epochs');
    for (const [name, value] of Object.entries({ steps, epochs, evaluateEvery, reportEvery }))
      if (value !== undefined) checkCount(`fit: ${name}`, value);
    if (evaluateEvery !== undefined && !validate)
      throw new OptionError('fit: evaluateEvery needs a data set to evaluate: validate');
    checkArguments('fit(train, { epochs: 3, validate: validation })', { validate: optional(DATASET) }, [validate]);
    const { batch, loss } = this.settings;
    checkFits(data, this.model.input, this.graph.outputShape, loss);
    if (validate) checkFits(validate, this.model.input, this.graph.outputShape, loss);
    if (data.size < batch)
      throw new DataError(
        `fit: data set "${data.name}", split "${data.split}", has ${data.size} samples, fewer than one batch of ${batch}; use a batch of at most ${data.size}`,
      );
    checkSignal('fit', signal);
    if (signal?.aborted) throw abortError(signal.reason);

    const { resident, letGo } = await this.sets.hold(data);
    try {
      yield* this.steps(data, resident, options);
    } finally {
      letGo();
    }
  }

  private async *steps(
    data: Dataset,
    resident: ResidentData,
    { steps, epochs, validate, evaluateEvery, reportEvery, signal }: FitOptions,
  ): AsyncGenerator<Progress, void, undefined> {
    const { batch, loss } = this.settings;
    await this.applyVariants();
    const hash = await datasetHash(data);
    const commands = [...(await this.gatherOf(resident)), ...this.current.plan.commands, ...this.current.finish];
    const compileMs = await this.compile(commands);
    if (hash !== this.dataHash) {
      this.dataHash = hash;
      this.origin = this.stepsSubmitted;
    }
    const { seeds, learningRates } = this.settings;
    this.state.write({ step: this.stepsSubmitted, samples: data.size, batch, origin: this.origin, seeds, learningRates });

    const perEpoch = Math.ceil(data.size / batch);
    const start = this.stepsSubmitted;
    const end = start + (steps ?? (epochs ?? 0) * perEpoch);
    // Absolute multiples: a training in several calls of fit reports and evaluates at the same steps as one in a single call.
    const nextMultiple = (after: number, every: number, from: number): number =>
      from + (Math.floor((after - from) / every) + 1) * every;
    const evaluationStep = (after: number): number => {
      if (!validate) return Number.POSITIVE_INFINITY;
      return evaluateEvery === undefined ? nextMultiple(after, perEpoch, this.origin) : nextMultiple(after, evaluateEvery, 0);
    };
    const reportStep = (after: number): number =>
      reportEvery === undefined ? Number.POSITIVE_INFINITY : nextMultiple(after, reportEvery, 0);

    const classes = hasLabels(loss);
    const epochOf = (step: number) => Math.floor((step - 1 - this.origin) / perEpoch);
    const report = new Report({ ...this.settings, classes }, end, epochOf, compileMs);
    const flying: { submission: Submission; submitted: number }[] = [];
    let landed = start;
    let lastLanding = performance.now();
    const land = async () => {
      const first = flying.shift();
      if (!first) return;
      const metrics = await first.submission.done;
      const now = performance.now();
      const ms = (now - Math.max(lastLanding, first.submitted)) / first.submission.steps;
      lastLanding = now;
      this.msPerStep = ms;
      landed += first.submission.steps;
      const bad = metrics.findIndex(({ badStep }) => badStep > 0);
      if (bad >= 0) {
        this.diverged = new DivergedError(metrics[bad]?.badStep ?? 0, bad);
        throw this.diverged;
      }
      this.diverged = undefined;
      report.add(metrics, first.submission.steps, ms, landed);
    };
    const drain = async () => {
      while (flying.length > 0) await land();
    };

    try {
      let reported = performance.now();
      while (landed < end) {
        this.workspace.checkOpen();
        if (signal?.aborted) {
          await drain();
          throw abortError(signal.reason);
        }
        const boundary = Math.min(end, evaluationStep(landed), reportStep(landed));
        const room = boundary - this.stepsSubmitted;
        if (room > 0 && flying.length < IN_FLIGHT) {
          const count = Math.min(room, MOST_STEPS, Math.max(1, Math.floor(SUBMIT_MS / this.msPerStep)));
          this.stepsSubmitted += count;
          flying.push({ submission: this.queue.submit(commands, count), submitted: performance.now() });
          // How many steps fill a submit is not known before the first one has run.
          if (this.stepsSubmitted > start + count) continue;
        }
        await land();
        const evaluate = landed === evaluationStep(landed - 1) || (landed === end && validate !== undefined);
        if (landed === boundary || (reportEvery === undefined && performance.now() - reported >= REPORT_MS)) {
          const validation = evaluate && validate ? await this.validated(validate, landed, signal) : undefined;
          if (validation || reportEvery === undefined || landed === reportStep(landed - 1) || landed === end) {
            yield report.take(validation);
            reported = performance.now();
          }
          lastLanding = performance.now();
        }
      }
    } finally {
      // A consumer that stops early, or an error: nothing stays on its way.
      await Promise.allSettled(flying.map(({ submission }) => submission.done));
    }
  }

  /** The evaluation of a data set within fit: a loss that is not finite ends the training. */
  private async validated(data: Dataset, step: number, signal: AbortSignal | undefined) {
    const evaluation = await this.evaluate(data, { signal });
    const bad = evaluation.replicas.findIndex(({ loss }) => !Number.isFinite(loss));
    if (bad < 0) return evaluation;
    this.diverged = new DivergedError(step, bad, 'validation loss');
    throw this.diverged;
  }

  /** Compiles those of the commands that never ran. Returns the milliseconds that it took; undefined where there are none. */
  private async compile(commands: readonly Command[]): Promise<number | undefined> {
    const fresh = commands.filter((command) => !this.compiled.has(command));
    if (fresh.length === 0) return undefined;
    const start = performance.now();
    await compileCommands(this.workspace, fresh);
    for (const command of fresh) this.compiled.add(command);
    return performance.now() - start;
  }

  private async gatherOf(resident: ResidentData): Promise<readonly Command[]> {
    const known = this.gathers.get(resident);
    if (known) return known;
    const { replicas, batch, augment } = this.settings;
    const { workspace } = this;
    const { plan } = this.current;
    const { type } = plan.view(this.graph.x);
    const ranges = { x: plan.range(this.graph.x), y: plan.range(this.graph.goal), state: this.state.range };
    const commands = await resident.gather({ workspace, replicas, batch, shuffle: true, type, augment, ...ranges });
    this.gathers.set(resident, commands);
    return commands;
  }

  private async inferencePlan(): Promise<Inference> {
    const { network, parameters } = this;
    const { gpu } = this.workspace;
    const { replicas, batch, loss, reduction, labelSmoothing, tune } = this.settings;
    const options = { owner: 'trainer', replicas, batch, loss, reduction, labelSmoothing, tune };
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
  private async applyVariants(): Promise<void> {
    const wanted = this.wantedVariants;
    const { variants } = this.current.plan.summary;
    if (wanted && Object.keys({ ...wanted, ...variants }).some((family) => wanted[family]?.join() !== variants[family]?.join())) {
      const { workspace, state, parameters, graph, queue, settings } = this;
      const layout = layOut(workspace.gpu, { ...this.options, choice: wanted });
      const next = await plan(workspace, layout, { state, parameters }, graph, queue, settings);
      this.current.plan.destroy();
      this.current = next;
      this.gathers = new WeakMap();
    }
    this.wantedVariants = undefined;
  }

  private checkNotEvaluating(what: string): void {
    if (this.evaluations > 0) throw new OptionError(`${what}: an evaluation of this trainer is running; wait for it`);
  }

  private checkReplica(replica: number): void {
    const { replicas } = this.settings;
    if (!Number.isInteger(replica) || replica < 0 || replica >= replicas)
      throw new OptionError(`There is no replica ${shown(replica)}; this trainer has ${replicas}, counted from 0`);
  }
}

export function trainer(gpu: Gpu, model: Model, options: TrainerOptions): Promise<Trainer> {
  return Trainer.create(gpu, model, options);
}

async function plan(
  workspace: Workspace,
  layout: GraphLayout,
  options: PlanOptions,
  graph: TrainingGraph,
  queue: MeteredQueue,
  settings: TrainerSettings,
) {
  const { gpu } = workspace;
  const made = await Plan.create(workspace, layout, options);
  try {
    const kernel = finishKernel(settings.replicas, settings.batch, gpu.capabilities, settings.precision === 'mixed');
    const finish = await createCommands(workspace, [
      { kernel, ranges: [made.range(graph.rows), options.state.range, queue.range] },
    ]);
    return { plan: made, finish };
  } catch (error) {
    made.destroy();
    throw error;
  }
}
