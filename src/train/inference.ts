import { refuseUnknown } from '../core/arguments.ts';
import { abortError, OptionError, ShapeError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { checkValue, elements, formatShape, sameShape, type Value } from '../core/value.ts';
import { type Command, createCommands, encode } from '../gpu/commands.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Workspace } from '../gpu/workspace.ts';
import { finishKernel } from '../kernels/batch.ts';
import type { Network } from '../model/network.ts';
import { layOut, layoutThatFits } from '../plan/layout.ts';
import type { ParameterStore } from '../plan/parameters.ts';
import { Plan } from '../plan/plan.ts';
import { TrainingState } from '../plan/state.ts';
import { type TuneMode, tunedChoice } from '../tune/tuner.ts';
import { checkSignal } from './checks.ts';
import { Confusion, type ConfusionSize } from './confusion.ts';
import { howToPredict } from './how-to-predict.ts';
import { type InferenceGraph, type InferenceGraphOptions, inferenceGraph } from './inference-graph.ts';
import { hasLabels, reportedLoss } from './loss.ts';
import { MeteredQueue } from './metrics.ts';
import { checkFits, type ResidentData } from './resident.ts';
import { withWhatFits } from './what-fits.ts';

/** How well one replica does on a data set: means over its samples, or the loss's sum where its reduction says so. Accuracy and confusion for classes alone. */
export interface Evaluation {
  readonly loss: number;
  readonly accuracy?: number;
  /** confusion[label][predicted]: counts. See `EvaluateOptions`. */
  readonly confusion?: readonly (readonly number[])[];
}

export interface EvaluateOptions {
  readonly signal?: AbortSignal;
  /** Count predictions by label [true up to 2^20 counts over all replicas: 1,024 classes of one]. */
  readonly confusion?: boolean;
}

export interface InferenceOptions extends InferenceGraphOptions {
  readonly gpu: Gpu;
  /** Whose it is, in an error's words. */
  readonly owner: string;
  readonly network: Network;
  readonly parameters: ParameterStore;
  readonly replicas: number;
  readonly tune: 'off' | TuneMode;
}

export function checkEvaluateOptions({ signal, confusion, ...rest }: EvaluateOptions): void {
  refuseUnknown('evaluate', rest, ['signal', 'confusion']);
  checkSignal('evaluate', signal);
  if (confusion !== undefined && typeof confusion !== 'boolean')
    throw new OptionError(`evaluate: confusion must be true or false, got ${shown(confusion)}`);
}

/** The inference half of a model, planned once: predictions and evaluation. */
export class Inference {
  private readonly gathers = new WeakMap<ResidentData, readonly Command[]>();
  private counting: Confusion | undefined;
  /** Evaluations and predictions share state and buffers, so one waits for the other. */
  private busy: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly options: InferenceOptions,
    private readonly workspace: Workspace,
    private readonly state: TrainingState,
    private readonly queue: MeteredQueue,
    private readonly plan: Plan,
    private readonly finish: readonly Command[],
    private readonly tensors: Omit<InferenceGraph, 'outputs'>,
  ) {}

  static async create(options: InferenceOptions): Promise<Inference> {
    const { gpu, network, replicas } = options;
    const { outputs, ...tensors } = inferenceGraph(network, options);
    const choice = options.tune === 'off' ? {} : await tunedChoice(gpu, { replicas, outputs }, { mode: options.tune });
    const workspace = new Workspace(gpu, options.owner);
    try {
      const state = new TrainingState(workspace, replicas);
      const queue = new MeteredQueue(workspace, replicas);
      const layout = layOut(gpu, { replicas, outputs, choice, prepares: true });
      const plan = await Plan.create(workspace, layout, { state, parameters: options.parameters, averages: true });
      const kernel = finishKernel(replicas, options.batch, gpu.capabilities);
      const finish = tensors.evaluated
        ? await createCommands(workspace, [{ kernel, ranges: [plan.range(tensors.evaluated.rows), state.range, queue.range] }])
        : [];
      return new Inference(options, workspace, state, queue, plan, finish, tensors);
    } catch (error) {
      workspace.destroy();
      throw withWhatFits(error, options, ({ batch, replicas }) => {
        const { outputs } = inferenceGraph(network, { ...options, batch });
        return layoutThatFits(gpu, { replicas, outputs, prepares: true }) !== undefined;
      });
    }
  }

  /** Shape of one sample's output. */
  get outputShape(): readonly number[] {
    return this.tensors.output.shape.slice(1);
  }

  /** Evaluates all replicas on each sample of a data set once, after what was asked for before. An abort throws an AbortError soon. */
  evaluate(resident: ResidentData, options: EvaluateOptions = {}): Promise<Evaluation[]> {
    return this.next(() => this.evaluateNow(resident, options));
  }

  /** The outputs [N, ...] of replica 0 for x [N, ...input], N of any size. */
  predict(x: Value): Promise<Value> {
    return this.next(() => this.predictNow(x));
  }

  /** Frees everything, after what is under way. */
  async destroy(): Promise<void> {
    await this.busy;
    this.workspace.destroy();
  }

  private next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.busy.then(work);
    this.busy = done.catch(() => undefined);
    return done;
  }

  private async evaluateNow(resident: ResidentData, { signal, confusion: wanted }: EvaluateOptions): Promise<Evaluation[]> {
    const { gpu, network, replicas, batch, loss, reduction } = this.options;
    const data = resident.description;
    if (loss === 'none') throw new Error('This plan is for predictions alone');
    checkFits(data, network.model.input, this.outputShape, loss);
    const counts = hasLabels(loss) && Confusion.serves(gpu, this.confusionSize, wanted);
    const counting = counts ? await this.prepareCounting() : undefined;
    const commands = await this.prepare(resident, counting);
    this.begin(data.size);
    const totals = Array.from({ length: replicas }, () => ({ lossSum: 0, correct: 0, samples: 0 }));
    const complete = async () => {
      const { metrics } = await this.queue.complete();
      metrics.forEach(({ lossSum, correct, samples }, replica) => {
        const total = totals[replica];
        if (!total) return;
        total.lossSum += lossSum;
        total.correct += correct;
        total.samples += samples;
      });
    };
    counting?.clear();
    try {
      for (let left = Math.ceil(data.size / batch); left > 0 && !signal?.aborted; ) {
        left -= this.queue.submit(commands, left);
        if (this.queue.isFull) await complete();
      }
      while (!this.queue.isIdle) await complete();
    } finally {
      await this.queue.settle();
    }
    if (signal?.aborted) throw abortError(signal.reason);

    const matrices = await counting?.read();
    return totals.map(({ lossSum, correct, samples }, replica) => {
      const confusion = matrices?.[replica];
      return {
        loss: reportedLoss(reduction, lossSum, samples, 1),
        ...(hasLabels(loss) && { accuracy: correct / samples }),
        ...(confusion && { confusion }),
      };
    });
  }

  private async predictNow(x: Value): Promise<Value> {
    const { batch, network } = this.options;
    const sample = network.model.input;
    checkValue('predict: x', x, howToPredict(x, sample));
    if (!sameShape(x.shape.slice(1), sample))
      throw new ShapeError(`predict: x must be [N, ${sample.join(', ')}], got ${formatShape(x.shape)}`);
    const count = x.shape[0] ?? 0;
    const outputLength = elements(this.outputShape);
    const sampleLength = elements(sample);
    const result = new Float32Array(count * outputLength);
    this.begin(batch);
    for (let first = 0; first < count; first += batch) {
      const rows = Math.min(batch, count - first);
      const padded = new Float32Array(batch * sampleLength);
      padded.set(x.data.subarray(first * sampleLength, (first + rows) * sampleLength));
      this.plan.upload(this.tensors.x, padded);
      this.workspace.submit((encoder) => encode(encoder, this.plan.commands));
      const [[value] = []] = await this.plan.read([this.tensors.output]);
      if (value) result.set(value.data.subarray(0, rows * outputLength), first * outputLength);
    }
    return { shape: [count, ...this.outputShape], data: result };
  }

  /** To be called before the batches of a data set, or of what is to be predicted: weights may have changed since the last one. */
  private begin(samples: number): void {
    const { replicas, batch } = this.options;
    const none = Array.from({ length: replicas }, () => 0);
    this.state.write({ step: 0, samples, batch, origin: 0, seeds: none, learningRates: none });
    const { preparation } = this.plan;
    if (preparation.length > 0) this.workspace.submit((encoder) => encode(encoder, preparation));
  }

  private get confusionSize(): ConfusionSize {
    const { loss, replicas } = this.options;
    return { replicas, classes: loss === 'binaryCrossEntropy' ? 2 : (this.evaluated.logits.shape[1] ?? 0) };
  }

  private get evaluated() {
    const { evaluated } = this.tensors;
    if (!evaluated) throw new Error('This plan is for predictions alone');
    return evaluated;
  }

  private async prepareCounting(): Promise<Confusion> {
    const { plan, state } = this;
    const { goal, logits } = this.evaluated;
    this.counting ??= await Confusion.create(this.workspace, this.confusionSize, {
      binary: this.options.loss === 'binaryCrossEntropy',
      logits: { ...plan.range(logits), view: plan.view(logits) },
      labels: plan.range(goal),
      state: state.range,
    });
    return this.counting;
  }

  /** The dispatches of a batch of a data set. */
  private async prepare(resident: ResidentData, counting: Confusion | undefined): Promise<readonly Command[]> {
    const { replicas, batch } = this.options;
    const { plan, state, workspace } = this;
    let gather = this.gathers.get(resident);
    if (!gather) {
      const ranges = { x: plan.range(this.tensors.x), y: plan.range(this.evaluated.goal), state: state.range };
      gather = await resident.gather({ workspace, replicas, batch, shuffle: false, ...ranges });
      this.gathers.set(resident, gather);
    }
    return [...gather, ...plan.commands, ...(counting ? [counting.command] : []), ...this.finish];
  }
}
