import { elements } from '../../src/core/value.ts';
import { parametersOf } from '../../src/model/resolve.ts';
import type { Dataset, Loss, Model, Optimizer, Weights } from '../../src/node.ts';
import { toTensor64 } from '../../src/reference/index.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import { map } from '../../src/reference/tensor.ts';
import { ruleOf } from '../../src/train/optimizers/registry.ts';
import type { Averaging } from '../../src/train/options.ts';
import { type Mode, reference, referencePass, type Weights64 } from './reference-network.ts';
import { referenceChange } from './reference-optimizers.ts';
import { batchesOf } from './shuffle.ts';

export interface ReferenceOptions {
  readonly batch: number;
  readonly optimizer: Optimizer;
  readonly seed: number;
  readonly labelSmoothing?: number;
  /** ['softmaxCrossEntropy' for labels, else 'meanSquaredError'; the mean] */
  readonly loss?: Loss;
  readonly clipNorm?: number;
  readonly averaging?: Averaging;
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
    const { loss, gradient } = judge(this.data, samples, pass.output, this.options.labelSmoothing ?? 0, this.options.loss);
    this.gradients = pass.backward(gradient);
    this.step++;
    const factor = this.clipFactor();
    for (const { name, weightDecay, trainable } of parametersOf(this.m)) {
      const found = trainable && this.gradients.get(name);
      if (found) this.update(name, found, weightDecay, factor);
    }
    for (const [name, statistic] of pass.statistics) this.weights.set(name, statistic);
    return loss;
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
    const { optimizer, averaging } = this.options;
    const { learningRate } = optimizer;
    const decay = ruleOf(optimizer).decay?.(weight.shape) ?? 0;
    const kept = Math.min(averaging?.decay ?? 0, (1 + this.step) / (10 + this.step));
    weight.data.forEach((w, i) => {
      const g = factor * (gradient.data[i] ?? 0) + weightDecay * w;
      const moments: [number, number] = [first[i] ?? 0, second[i] ?? 0];
      const next = w - learningRate * decay * w - learningRate * referenceChange(optimizer, g, this.step, moments);
      [first[i], second[i]] = moments;
      weight.data[i] = next;
      average.data[i] = kept * (average.data[i] ?? 0) + (1 - kept) * next;
    });
  }
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

/** The loss of some samples and its gradient with respect to the model's output. */
export function judge(
  data: Dataset,
  samples: readonly number[],
  output: Tensor64,
  labelSmoothing = 0,
  loss?: Loss,
): { loss: number; gradient: Tensor64 } {
  const length = elements(data.targetShape ?? []);
  const goal = Float64Array.from(samples.flatMap((sample) => [...data.y.subarray(sample * length, (sample + 1) * length)]));
  const one: Tensor64 = { shape: [], data: Float64Array.of(1) };
  const { type: op = data.targetShape ? 'meanSquaredError' : 'softmaxCrossEntropy', reduction = 'mean' } =
    typeof loss === 'string' ? { type: loss } : (loss ?? {});
  const [inputs, name] = data.targetShape
    ? ([{ prediction: output, target: { shape: output.shape, data: goal } }, 'prediction'] as const)
    : ([{ logits: output, labels: { shape: [samples.length], data: goal } }, 'logits'] as const);
  const { forward, gradient } = reference(op);
  const attributes = { labelSmoothing, reduction };
  const found = (gradient(inputs, one, attributes) as Record<string, Tensor64>)[name];
  if (!found) throw new Error(`${op} has no gradient of ${name}`);
  return { loss: forward(inputs, attributes).data[0] ?? Number.NaN, gradient: found };
}

/** A model's output for some samples, without dropout and with running statistics. */
export function referenceOutput(m: Model, weights: Weights, data: Dataset, samples: readonly number[]): Tensor64 {
  const mode: Mode = { type: 'inference' };
  return referencePass(m, new Map([...weights].map(([name, value]) => [name, toTensor64(value)])), inputsOf(data, samples), mode)
    .output;
}
