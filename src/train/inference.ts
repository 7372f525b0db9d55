import { refuseUnknown } from '../core/arguments.ts';
import { abortError, OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { type Command, createCommands } from '../gpu/commands.ts';
import { finishKernel } from '../kernels/batch.ts';
import type { GraphOptions } from '../plan/layout.ts';
import { type TuneMode, tunedChoice } from '../tune/tuner.ts';
import { checkSignal } from './checks.ts';
import { Confusion, type ConfusionSize } from './confusion.ts';
import { type ForwardOptions, ForwardPlan } from './forward-plan.ts';
import { type InferenceGraph, type InferenceGraphOptions, inferenceGraph } from './inference-graph.ts';
import { hasLabels, reportedLoss } from './loss.ts';
import { MeteredQueue } from './metrics.ts';
import { checkFits, type ResidentData } from './resident.ts';

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

export interface InferenceOptions extends InferenceGraphOptions, ForwardOptions {
  readonly tune: 'off' | TuneMode;
}

export function checkEvaluateOptions({ signal, confusion, ...rest }: EvaluateOptions): void {
  refuseUnknown('evaluate', rest, ['signal', 'confusion']);
  checkSignal('evaluate', signal);
  if (confusion !== undefined && typeof confusion !== 'boolean')
    throw new OptionError(`evaluate: confusion must be true or false, got ${shown(confusion)}`);
}

/** The inference half of a model, planned once for evaluations. */
export class Inference {
  private readonly gathers = new WeakMap<ResidentData, readonly Command[]>();
  private counting: Confusion | undefined;

  private constructor(
    private readonly options: InferenceOptions,
    private readonly forward: ForwardPlan,
    private readonly queue: MeteredQueue,
    private readonly finish: readonly Command[],
    private readonly tensors: InferenceGraph,
  ) {}

  static async create(options: InferenceOptions): Promise<Inference> {
    const { gpu, network, replicas, batch, tune } = options;
    const tensors = inferenceGraph(network, options);
    const outputsOf = (fewer: number) => inferenceGraph(network, { ...options, batch: fewer }).outputs;
    const choose = tune === 'off' ? undefined : (graph: GraphOptions) => tunedChoice(gpu, graph, { mode: tune });
    const forward = await ForwardPlan.create(options, tensors.outputs, outputsOf, choose);
    const { plan, state, workspace } = forward;
    try {
      const queue = new MeteredQueue(workspace, replicas);
      const kernel = finishKernel(replicas, batch, gpu.capabilities);
      const ranges = [plan.range(tensors.rows), state.range, queue.range];
      return new Inference(options, forward, queue, await createCommands(workspace, [{ kernel, ranges }]), tensors);
    } catch (error) {
      workspace.destroy();
      throw error;
    }
  }

  /** Shape of one sample's output. */
  get outputShape(): readonly number[] {
    return this.tensors.output.shape.slice(1);
  }

  /** Evaluates all replicas on each sample of a data set once, after what was asked for before. An abort throws an AbortError soon. */
  evaluate(resident: ResidentData, options: EvaluateOptions = {}): Promise<Evaluation[]> {
    return this.forward.next(() => this.evaluateNow(resident, options));
  }

  /** Frees everything, after what is under way. */
  destroy(): Promise<void> {
    return this.forward.destroy();
  }

  private async evaluateNow(resident: ResidentData, { signal, confusion: wanted }: EvaluateOptions): Promise<Evaluation[]> {
    const { gpu, network, replicas, batch, loss, reduction } = this.options;
    const data = resident.description;
    checkFits(data, network.model.input, this.outputShape, loss);
    const counts = hasLabels(loss) && Confusion.serves(gpu, this.confusionSize, wanted);
    const counting = counts ? await this.prepareCounting() : undefined;
    const commands = await this.prepare(resident, counting);
    this.forward.begin(data.size);
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

  private get confusionSize(): ConfusionSize {
    const { loss, replicas } = this.options;
    return { replicas, classes: loss === 'binaryCrossEntropy' ? 2 : (this.tensors.logits.shape[1] ?? 0) };
  }

  private async prepareCounting(): Promise<Confusion> {
    const { plan, state, workspace } = this.forward;
    const { goal, logits } = this.tensors;
    this.counting ??= await Confusion.create(workspace, this.confusionSize, {
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
    const { plan, state, workspace } = this.forward;
    let gather = this.gathers.get(resident);
    if (!gather) {
      const ranges = { x: plan.range(this.tensors.x), y: plan.range(this.tensors.goal), state: state.range };
      gather = await resident.gather({ workspace, replicas, batch, shuffle: false, ...ranges });
      this.gathers.set(resident, gather);
    }
    return [...gather, ...plan.commands, ...(counting ? [counting.command] : []), ...this.finish];
  }
}
