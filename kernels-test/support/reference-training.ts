import { elements } from '../../src/core/value.ts';
import type { OptimizerSpec } from '../../src/kernels/optimizer.ts';
import { parametersOf } from '../../src/model/resolve.ts';
import type { Dataset, Loss, Model, Optimizer, Weights } from '../../src/node.ts';
import { toTensor64 } from '../../src/reference/index.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import { map } from '../../src/reference/tensor.ts';
import { type Mode, reference, referencePass, type Weights64 } from './reference-network.ts';
import { batchesOf } from './shuffle.ts';

export interface ReferenceOptions {
  readonly batch: number;
  readonly optimizer: Optimizer;
  readonly seed: number;
  readonly labelSmoothing?: number;
  /** ['softmaxCrossEntropy' for labels, else 'meanSquaredError'; the mean] */
  readonly loss?: Loss;
}

/** A trainer in float64, from the same weights and over the same batches as the engine's: what its weights ought to be. */
export class ReferenceTraining {
  readonly weights: Weights64;
  /** The gradients of the last step, decay of weights left out. */
  gradients: Weights64 = new Map();
  private readonly moments: [Weights64, Weights64];
  private step = 0;

  constructor(
    private readonly m: Model,
    private readonly data: Dataset,
    start: Weights,
    private readonly options: ReferenceOptions,
  ) {
    this.weights = new Map([...start].map(([name, value]) => [name, toTensor64(value)]));
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
    for (const { name, weightDecay, trainable } of parametersOf(this.m)) {
      const found = trainable && this.gradients.get(name);
      if (found) this.update(name, found, weightDecay);
    }
    for (const [name, statistic] of pass.statistics) this.weights.set(name, statistic);
    return loss;
  }

  private update(name: string, gradient: Tensor64, weightDecay: number): void {
    const weight = this.weights.get(name) as Tensor64;
    const [first, second] = this.moments.map((moments) => (moments.get(name) as Tensor64).data) as [Float64Array, Float64Array];
    weight.data.forEach((w, i) => {
      const g = (gradient.data[i] ?? 0) + weightDecay * w;
      weight.data[i] = w - this.options.optimizer.learningRate * change(this.options.optimizer, g, this.step, first, second, i);
    });
  }
}

/** What an optimizer makes of gradient g at step t, counted from 1; it moves element i of its moments. */
function change(optimizer: OptimizerSpec, g: number, t: number, first: Float64Array, second: Float64Array, i: number): number {
  if (optimizer.type === 'sgd') {
    first[i] = optimizer.momentum * (first[i] ?? 0) + g;
    return first[i] ?? 0;
  }
  const { beta1, beta2, epsilon } = optimizer;
  first[i] = beta1 * (first[i] ?? 0) + (1 - beta1) * g;
  second[i] = beta2 * (second[i] ?? 0) + (1 - beta2) * g * g;
  return (first[i] ?? 0) / (1 - beta1 ** t) / (Math.sqrt((second[i] ?? 0) / (1 - beta2 ** t)) + epsilon);
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
