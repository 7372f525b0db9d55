import { abortError, ShapeError } from '../core/errors.ts';
import { checkValue, elements, formatShape, sameShape, type Value } from '../core/value.ts';
import type { Dataset } from '../data/dataset.ts';
import { type Command, createCommands, encode } from '../gpu/commands.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { COPY_DST, COPY_SRC, readRanges, STORAGE } from '../gpu/readback.ts';
import { fuse } from '../graph/fuse.ts';
import { input } from '../graph/sources.ts';
import type { Tensor } from '../graph/tensor.ts';
import { confusionKernel, finishKernel, MOST_STEPS } from '../kernels/batch.ts';
import type { Network } from '../model/network.ts';
import { lossRows } from '../ops/loss.ts';
import type { ParameterStore } from '../plan/parameters.ts';
import { fits, Plan } from '../plan/plan.ts';
import { TrainingState } from '../plan/state.ts';
import { type TuneMode, tunedChoice } from '../tune/tuner.ts';
import { withWhatFits } from './fitting.ts';
import {
  containedIn,
  goalShape,
  hasLabels,
  type LossName,
  type LossSettings,
  lossOf,
  type Reduction,
  reportedLoss,
} from './loss.ts';
import { IN_FLIGHT, MeteredQueue, type Submission } from './metrics.ts';
import { checkFits, type ResidentData } from './resident.ts';

/** How well one replica does on a data set: means over its samples, or the loss's sum where its reduction says so. Accuracy and confusion for classes alone. */
export interface Evaluation {
  readonly loss: number;
  readonly accuracy?: number;
  /** confusion[label][predicted]: counts. */
  readonly confusion?: readonly (readonly number[])[];
}

export interface InferenceOptions {
  readonly gpu: Gpu;
  readonly network: Network;
  readonly parameters: ParameterStore;
  readonly replicas: number;
  readonly batch: number;
  /** 'none': for predictions alone. */
  readonly loss: LossName | 'none';
  readonly reduction: Reduction;
  readonly labelSmoothing: number;
  readonly tune: 'off' | TuneMode;
}

/** The tensors of an inference; `outputs` are all that a plan must leave readable. */
export interface InferenceGraph {
  readonly x: Tensor;
  readonly output: Tensor;
  readonly evaluated: { readonly goal: Tensor; readonly logits: Tensor; readonly rows: Tensor } | undefined;
  readonly outputs: readonly Tensor[];
}

export function inferenceGraph(
  network: Network,
  { batch, loss, reduction, labelSmoothing }: Pick<InferenceOptions, 'batch' | 'loss' | 'reduction' | 'labelSmoothing'>,
): InferenceGraph {
  const x = input('x', [batch, ...network.model.input]);
  const output = network.apply(x, 'inference');
  const judged = loss === 'none' ? undefined : judge(output, { loss, reduction, labelSmoothing });
  const [final, logits, rows] = fuse(judged ? [output, judged.logits, judged.rows] : [output]);
  if (!final) throw new Error('A model has an output');
  if (!judged || !logits || !rows) return { x, output: final, evaluated: undefined, outputs: [final] };
  return { x, output: final, evaluated: { goal: judged.goal, logits, rows }, outputs: [final, logits, rows] };
}

/** Milliseconds of work that one submit should hold. */
const SUBMIT_MS = 100;

/** The inference half of a model, planned once: predictions and evaluation. */
export class Inference {
  private readonly resident = new Map<Dataset, { commands: readonly Command[]; confusion: GPUBuffer | undefined }>();
  private msPerBatch = SUBMIT_MS;
  /** Evaluations share state and staging buffers, so one waits for the other. */
  private busy: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly options: InferenceOptions,
    private readonly state: TrainingState,
    private readonly queue: MeteredQueue,
    private readonly plan: Plan,
    private readonly tensors: Omit<InferenceGraph, 'outputs'>,
  ) {}

  static async create(options: InferenceOptions): Promise<Inference> {
    const { gpu, network, replicas } = options;
    const { outputs, ...tensors } = inferenceGraph(network, options);
    const choice = options.tune === 'off' ? {} : await tunedChoice(gpu, { replicas, outputs }, { mode: options.tune });
    const state = new TrainingState(gpu, replicas);
    const queue = new MeteredQueue(gpu, replicas);
    try {
      const plan = await Plan.create(gpu, { state, replicas, outputs, parameters: options.parameters, choice });
      return new Inference(options, state, queue, plan, tensors);
    } catch (error) {
      queue.destroy();
      state.destroy();
      throw withWhatFits(error, options, (sizes) =>
        fits(gpu, { replicas: sizes.replicas, outputs: inferenceGraph(network, { ...options, batch: sizes.batch }).outputs }),
      );
    }
  }

  /** Shape of one sample's output. */
  get outputShape(): readonly number[] {
    return this.tensors.output.shape.slice(1);
  }

  /** Evaluates all replicas on each sample of a data set once. An abort throws an AbortError soon. */
  evaluate(resident: ResidentData, signal?: AbortSignal): Promise<Evaluation[]> {
    const evaluation = this.busy.then(() => this.evaluateNow(resident, signal));
    this.busy = evaluation.catch(() => undefined);
    return evaluation;
  }

  private async evaluateNow(resident: ResidentData, signal: AbortSignal | undefined): Promise<Evaluation[]> {
    const { gpu, replicas, batch, loss, reduction } = this.options;
    const { data } = resident;
    if (loss === 'none') throw new Error('This plan is for predictions alone');
    checkFits(data, this.options.network.model.input, this.outputShape, loss);
    const { commands, confusion } = await this.prepare(resident);
    this.writeState(data.size);
    const totals = Array.from({ length: replicas }, () => ({ lossSum: 0, correct: 0, samples: 0 }));
    const flying: { submission: Submission; start: number }[] = [];
    const land = async () => {
      const first = flying.shift();
      if (!first) return;
      const metrics = await first.submission.done;
      this.msPerBatch = (performance.now() - first.start) / first.submission.steps / (flying.length + 1);
      metrics.forEach(({ lossSum, correct, samples }, replica) => {
        const total = totals[replica];
        if (!total) return;
        total.lossSum += lossSum;
        total.correct += correct;
        total.samples += samples;
      });
    };
    if (confusion) {
      const encoder = gpu.device.createCommandEncoder();
      encoder.clearBuffer(confusion);
      gpu.device.queue.submit([encoder.finish()]);
    }
    for (let left = Math.ceil(data.size / batch); left > 0 && !signal?.aborted; ) {
      const steps = Math.min(left, MOST_STEPS, Math.max(1, Math.round(SUBMIT_MS / this.msPerBatch)));
      flying.push({ submission: this.queue.submit(commands, steps), start: performance.now() });
      left -= steps;
      if (flying.length === IN_FLIGHT) await land();
    }
    while (flying.length > 0) await land();
    if (signal?.aborted) throw abortError(signal.reason);

    const counts =
      confusion &&
      new Uint32Array((await readRanges(gpu, [{ buffer: confusion, offset: 0, size: confusion.size }]))[0] as ArrayBuffer);
    const classes = data.classes ?? 0;
    return totals.map(({ lossSum, correct, samples }, replica) => ({
      loss: reportedLoss(reduction, lossSum, samples, 1),
      ...(counts && {
        accuracy: correct / samples,
        confusion: Array.from({ length: classes }, (_, label) =>
          Array.from(counts.subarray((replica * classes + label) * classes, (replica * classes + label + 1) * classes)),
        ),
      }),
    }));
  }

  /** The outputs [N, ...] of replica 0 for x [N, ...input], N of any size. */
  async predict(x: Value): Promise<Value> {
    checkValue('predict: x', x);
    const { gpu, batch, network } = this.options;
    const sample = network.model.input;
    if (!sameShape(x.shape.slice(1), sample))
      throw new ShapeError(`predict: x must be [N, ${sample.join(', ')}], got ${formatShape(x.shape)}`);
    const count = x.shape[0] ?? 0;
    const outputLength = elements(this.outputShape);
    const sampleLength = elements(sample);
    const result = new Float32Array(count * outputLength);
    this.writeState(batch);
    for (let first = 0; first < count; first += batch) {
      const rows = Math.min(batch, count - first);
      const padded = new Float32Array(batch * sampleLength);
      padded.set(x.data.subarray(first * sampleLength, (first + rows) * sampleLength));
      this.plan.upload(this.tensors.x, padded);
      const encoder = gpu.device.createCommandEncoder();
      encode(encoder, this.plan.commands);
      gpu.device.queue.submit([encoder.finish()]);
      const [[value] = []] = await this.plan.read([this.tensors.output]);
      if (value) result.set(value.data.subarray(0, rows * outputLength), first * outputLength);
    }
    return { shape: [count, ...this.outputShape], data: result };
  }

  /** Frees what belongs to one data set. */
  forget({ data }: ResidentData): void {
    this.resident.get(data)?.confusion?.destroy();
    this.resident.delete(data);
  }

  async destroy(): Promise<void> {
    await this.busy;
    for (const { confusion } of this.resident.values()) confusion?.destroy();
    this.plan.destroy();
    this.queue.destroy();
    this.state.destroy();
  }

  private writeState(samples: number): void {
    const { replicas, batch } = this.options;
    const none = Array.from({ length: replicas }, () => 0);
    this.state.write({ step: 0, samples, batch, origin: 0, seeds: none, learningRates: none });
  }

  private async prepare(resident: ResidentData) {
    const known = this.resident.get(resident.data);
    if (known) return known;
    const { gpu, replicas, batch, loss } = this.options;
    const { x, evaluated } = this.tensors;
    if (!evaluated) throw new Error('This plan is for predictions alone');
    const { goal, logits, rows } = evaluated;
    const { plan, state, queue } = this;
    const ranges = { x: plan.range(x), y: plan.range(goal), state: state.range };
    const gather = await resident.gather({ replicas, batch, shuffle: false, ...ranges });
    const binary = loss === 'binaryCrossEntropy';
    const classes = binary ? 2 : (logits.shape[1] ?? 0);
    const confusion =
      loss !== 'none' && hasLabels(loss)
        ? gpu.createBuffer('confusion', replicas * classes * classes * 4, STORAGE | COPY_SRC | COPY_DST)
        : undefined;
    const counting = confusion && {
      kernel: confusionKernel(replicas, plan.view(logits), gpu.capabilities, binary),
      ranges: [plan.range(logits), plan.range(goal), state.range, { buffer: confusion, offset: 0, size: confusion.size }],
    };
    const finish = {
      kernel: finishKernel(replicas, batch, gpu.capabilities),
      ranges: [plan.range(rows), state.range, queue.range],
    };
    const ending = await createCommands(gpu, counting ? [counting, finish] : [finish]);
    const prepared = { commands: [...gather, ...plan.commands, ...ending], confusion };
    this.resident.set(resident.data, prepared);
    return prepared;
  }
}

/** The loss of a model's output, and the tensors by which it is judged. */
function judge(output: Tensor, settings: LossSettings): { goal: Tensor; logits: Tensor; rows: Tensor } {
  // A softmax or sigmoid at the end is for the user; the loss wants what went into it.
  const logits = containedIn(settings.loss, output)?.logits ?? output;
  const goal = input('goal', goalShape('', settings.loss, logits));
  return { goal, logits, rows: lossRows(lossOf(settings, logits, goal)) };
}
