import type { Sharing } from '../../src/compress/share.ts';
import { elements } from '../../src/core/value.ts';
import { parametersOf } from '../../src/model/resolve.ts';
import type { Dataset, Loss, Model, Optimizer, Weights } from '../../src/node.ts';
import { toTensor64 } from '../../src/reference/index.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import { map } from '../../src/reference/tensor.ts';
import { type ClassWeights, checkedLoss, type LossName } from '../../src/train/loss.ts';
import { lossDefinition } from '../../src/train/losses/registry.ts';
import type { Averaging } from '../../src/train/options.ts';
import { referenceLoss } from './reference-losses.ts';
import { type Mode, referencePass, type Weights64 } from './reference-network.ts';
import { referenceChange, referenceDecay } from './reference-optimizers.ts';
import { batchesOf } from './shuffle.ts';

export interface ReferenceOptions {
  readonly batch: number;
  readonly optimizer: Optimizer;
  readonly seed: number;
  readonly labelSmoothing?: number;
  /** ['softmaxCrossEntropy' for labels, else 'meanSquaredError'; the mean] */
  readonly loss?: Loss;
  readonly classWeights?: ClassWeights;
  readonly clipNorm?: number;
  readonly averaging?: Averaging;
  /** As a trainer's. */
  readonly sharing?: Sharing;
  /** Names of the parameters whose zeros are kept. */
  readonly pruned?: readonly string[];
}

/** A trainer in float64, from the same weights and over the same batches as the engine's: what its weights ought to be. */
export class ReferenceTraining {
  readonly weights: Weights64;
  /** The gradients of the last step, decay of weights left out. */
  gradients: Weights64 = new Map();
  /** The moving averages of the weights. */
  readonly averages: Weights64;
  private readonly moments: [Weights64, Weights64];
  private step = 0;

  constructor(
    private readonly m: Model,
    private readonly data: Dataset,
    start: Weights,
    private readonly options: ReferenceOptions,
  ) {
    this.weights = new Map([...start].map(([name, value]) => [name, toTensor64(value)]));
    this.averages = new Map([...start].map(([name, value]) => [name, toTensor64(value)]));
    const zeros = () => new Map([...this.weights].map(([name, weight]) => [name, map(weight, () => 0)]));
    this.moments = [zeros(), zeros()];
  }

  /** One step; returns the loss of its batch. */
  run(): number {
    const { batch, seed } = this.options;
    const perEpoch = Math.ceil(this.data.size / batch);
    const samples = batchesOf(this.data.size, batch, seed, Math.floor(this.step / perEpoch))[this.step % perEpoch] ?? [];
    const pass = referencePass(this.m, this.weights, inputsOf(this.data, samples), { type: 'training', seed, step: this.step });
    const { loss, gradient } = this.judge(samples, pass.output);
    this.gradients = pass.backward(gradient);
    for (const [name, codes] of this.options.sharing ?? []) sumShared(this.gradients.get(name)?.data, codes);
    this.step++;
    const factor = this.clipFactor();
    for (const { name, weightDecay, trainable } of parametersOf(this.m)) {
      const found = trainable && this.gradients.get(name);
      if (found) this.update(name, found, weightDecay, factor);
    }
    for (const [name, statistic] of pass.statistics) this.weights.set(name, statistic);
    return loss;
  }

  private judge(samples: readonly number[], output: Tensor64) {
    const { labelSmoothing, loss, classWeights } = this.options;
    return judge(this.data, samples, output, labelSmoothing, loss, classWeights);
  }

  /** By what clipping multiplies the gradients. */
  private clipFactor(): number {
    const { clipNorm } = this.options;
    if (clipNorm === undefined) return 1;
    const trained = parametersOf(this.m).filter(({ trainable }) => trainable);
    const gradients = trained.flatMap(({ name }) => [...(this.gradients.get(name)?.data ?? [])]);
    const squares = gradients.reduce((sum, g) => sum + g * g, 0);
    return Math.min(1, clipNorm / Math.sqrt(squares));
  }

  private update(name: string, gradient: Tensor64, weightDecay: number, factor: number): void {
    const weight = this.weights.get(name) as Tensor64;
    const average = this.averages.get(name) as Tensor64;
    const [first, second] = this.moments.map((moments) => (moments.get(name) as Tensor64).data) as [Float64Array, Float64Array];
    const { optimizer, averaging, pruned } = this.options;
    const keepsZeros = pruned?.includes(name) ?? false;
    const { learningRate } = optimizer;
    const decay = referenceDecay(optimizer, weight.shape);
    const kept = Math.min(averaging?.decay ?? 0, (1 + this.step) / (10 + this.step));
    weight.data.forEach((w, i) => {
      const g = factor * (gradient.data[i] ?? 0) + weightDecay * w;
      const moments: [number, number] = [first[i] ?? 0, second[i] ?? 0];
      const next = w - learningRate * decay * w - learningRate * referenceChange(optimizer, g, this.step, moments);
      [first[i], second[i]] = moments;
      const isPruned = keepsZeros && w === 0;
      weight.data[i] = isPruned ? 0 : next;
      average.data[i] = isPruned ? 0 : kept * (average.data[i] ?? 0) + (1 - kept) * next;
    });
  }
}

/** Each of the weights that share a number gets the sum of their gradients, those that are 0 none. */
function sumShared(gradient: Float64Array | undefined, codes: Uint16Array): void {
  const sums = new Map<number, number>();
  codes.forEach((code, at) => {
    sums.set(code, (sums.get(code) ?? 0) + (gradient?.[at] ?? 0));
  });
  codes.forEach((code, at) => {
    if (gradient) gradient[at] = code === 0 ? 0 : (sums.get(code) ?? 0);
  });
}

/** Some samples of a data set as a batch, as a model sees them. */
export function inputsOf(data: Dataset, samples: readonly number[]): Tensor64 {
  const length = elements(data.inputShape);
  const values = samples.flatMap((sample) => [...data.x.subarray(sample * length, (sample + 1) * length)]);
  return {
    shape: [samples.length, ...data.inputShape],
    data: Float64Array.from(values, (value) => value * data.scale + data.offset),
  };
}

/** By what a sample of a class counts. */
function shareOf({ y, classes = 1 }: Dataset, label: number, weights?: ClassWeights): number {
  if (weights === 'balanced') return y.length / (classes * y.filter((other: number) => other === label).length);
  return weights?.[label] ?? 1;
}

/** The loss of some samples and its gradient with respect to the model's output. */
export function judge(
  data: Dataset,
  samples: readonly number[],
  output: Tensor64,
  labelSmoothing = 0,
  given?: Loss,
  classWeights?: ClassWeights,
): { loss: number; gradient: Tensor64 } {
  const { loss, lossOptions, reduction } = checkedLoss(
    given ?? (data.targetShape ? 'meanSquaredError' : 'softmaxCrossEntropy'),
    labelSmoothing,
  );
  const width = output.data.length / samples.length;
  const divisor = reduction === 'mean' ? samples.length : 1;
  const judged = samples.map((sample, row) => {
    const x = [...output.data.subarray(row * width, (row + 1) * width)];
    const { loss: own, gradient } = referenceLoss(loss, x, goalOf(data, sample, loss), lossOptions);
    const share = shareOf(data, data.y[sample] as number, classWeights) / divisor;
    return { loss: share * own, gradient: gradient.map((slope) => share * slope) };
  });
  return {
    loss: judged.reduce((sum, one) => sum + one.loss, 0),
    gradient: { shape: output.shape, data: Float64Array.from(judged.flatMap(({ gradient }) => gradient)) },
  };
}

/** What a sample's output is compared with. */
function goalOf({ y, classes = 0, targetShape, teacherLogits }: Dataset, sample: number, loss: LossName): number[] {
  if (targetShape) {
    const length = elements(targetShape);
    return [...y.subarray(sample * length, (sample + 1) * length)];
  }
  const taught = lossDefinition(loss).goal === 'classes and logits' ? teacherLogits : undefined;
  return [y[sample] as number, ...(taught?.subarray(sample * classes, (sample + 1) * classes) ?? [])];
}

/** A model's output for some samples, without dropout and with running statistics. */
export function referenceOutput(m: Model, weights: Weights, data: Dataset, samples: readonly number[]): Tensor64 {
  const mode: Mode = { type: 'inference' };
  return referencePass(m, new Map([...weights].map(([name, value]) => [name, toTensor64(value)])), inputsOf(data, samples), mode)
    .output;
}
