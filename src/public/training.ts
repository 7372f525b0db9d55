// Training, prediction and single operations, with their arguments checked.
import { checked, checkedAsync, optional, RECORD, recordOf, TEXT } from '../core/arguments.ts';
import type { Value } from '../core/value.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { GPU } from '../gpu/kind.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { checkAttributeNames, type OpName } from '../ops/registry.ts';
import * as operations from '../program/run-op.ts';
import { QUANTIZED } from '../quantize/kind.ts';
import type { QuantizedModel } from '../quantize/types.ts';
import * as references from '../reference/index.ts';
import type { AdamOptions } from '../train/optimizers/adam.ts';
import type { AdamWOptions } from '../train/optimizers/adamW.ts';
import { makerOf, OPTIMIZERS, type Optimizer } from '../train/optimizers/registry.ts';
import type { RmspropOptions } from '../train/optimizers/rmsprop.ts';
import type { SgdOptions } from '../train/optimizers/sgd.ts';
import type { TrainerOptions } from '../train/options.ts';
import { predictor as makePredictor, type Predictor, type PredictorOptions } from '../train/predictor.ts';
import { quantizedPredictor } from '../train/quantized-predictor.ts';
import { trainer as makeTrainer } from '../train/trainer.ts';
import { tune as tuneModel } from '../train/tuning.ts';
import type { TunedKernel, TuneMode, TuneOptions } from '../tune/tuner.ts';
import { quantizedOr } from './quantized-or.ts';

/**
 * Adam: Kingma and Ba, 2015. `learningRate` [0.001], `beta1` [0.9], `beta2` [0.999] and `epsilon` [1e-8]. Throws an OptionError for an
 * option that is unknown or out of range.
 */
export const adam: (options?: AdamOptions) => Optimizer = /* @__PURE__ */ checked(
  'adam({ learningRate: 0.001 })',
  () => ({ options: optional(RECORD) }),
  (options: AdamOptions = {}) => makerOf(OPTIMIZERS.adam)(options),
);
/**
 * Adam with decoupled weight decay: Loshchilov and Hutter, 2019. As `adam`; `weightDecay` [0.01] is taken away from each parameter, times
 * the learning rate, at each step; `decays: 'weights'` spares biases and what belongs to a normalisation (parameters of one axis) ['all'].
 */
export const adamW: (options?: AdamWOptions) => Optimizer = /* @__PURE__ */ checked(
  'adamW({ learningRate: 0.001, weightDecay: 0.01 })',
  () => ({ options: optional(RECORD) }),
  (options: AdamWOptions = {}) => makerOf(OPTIMIZERS.adamW)(options),
);
/**
 * RMSprop: Hinton, 2012. `learningRate` [0.01], `alpha` [0.99]: the share of the old squares that is kept; `epsilon` [1e-8], `momentum` [0].
 * Throws an OptionError for an option that is unknown or out of range.
 */
export const rmsprop: (options?: RmspropOptions) => Optimizer = /* @__PURE__ */ checked(
  'rmsprop({ learningRate: 0.01 })',
  () => ({ options: optional(RECORD) }),
  (options: RmspropOptions = {}) => makerOf(OPTIMIZERS.rmsprop)(options),
);
/**
 * Stochastic gradient descent: m = momentum m + g, w -= learningRate m, or with `nesterov` learningRate (g + momentum m); `momentum` [0].
 * Throws an OptionError for an option that is unknown or out of range.
 */
export const sgd: (options: SgdOptions) => Optimizer = /* @__PURE__ */ checked(
  'sgd({ learningRate: 0.1 })',
  () => ({ options: RECORD }),
  makerOf(OPTIMIZERS.sgd),
);

/** Plans the training of a model. Throws an OptionError, ShapeError or LimitError where model, options and adapter do not fit. */
export const trainer = /* @__PURE__ */ checkedAsync(
  'trainer(gpu, model, { batch: 50, optimizer: adam() })',
  () => ({ gpu: GPU, model: MODEL, options: RECORD }),
  makeTrainer,
);
/**
 * A model with its weights, ready to predict. `batch` samples run at a time [64]; `tune` as for `trainer`. A quantised model predicts and is
 * evaluated in the integers that leave, or, where its activations are floats, in float32 with the weights that leave. Throws a ShapeError
 * where the weights belong to another model.
 */
export const predictor: {
  (gpu: Gpu, model: Model, weights: Weights, options?: PredictorOptions): Promise<Predictor>;
  (gpu: Gpu, quantized: QuantizedModel, options?: PredictorOptions): Promise<Predictor>;
} = /* @__PURE__ */ quantizedOr(
  1,
  /* @__PURE__ */ checkedAsync(
    'predictor(gpu, quantized, { batch: 64 })',
    () => ({ gpu: GPU, quantized: QUANTIZED, options: optional(RECORD) }),
    quantizedPredictor,
  ),
  /* @__PURE__ */ checkedAsync(
    'predictor(gpu, model, weights, { batch: 64 })',
    () => ({ gpu: GPU, model: MODEL, weights: WEIGHTS, options: optional(RECORD) }),
    makePredictor,
  ),
);
/**
 * Measures the kernel variants of a model's training and evaluation, yields what it found kernel by kernel, and remembers it in
 * the user's cache, where `trainer` and `predictor` find it with `tune` 'quick' or 'full'. The options are the trainer's;
 * `tune` says how carefully ['full'], `budgetMs` for how long at the most, `fresh` to measure again what is remembered.
 */
export const tune: (
  gpu: Gpu,
  model: Model,
  options: Omit<TrainerOptions, 'tune'> & { readonly tune?: TuneMode } & Omit<TuneOptions, 'mode'>,
) => AsyncGenerator<TunedKernel, void, undefined> = /* @__PURE__ */ checked(
  'tune(gpu, model, { batch: 50, optimizer: adam() })',
  () => ({ gpu: GPU, model: MODEL, options: RECORD }),
  tuneModel,
);

const OPERATION = { name: TEXT, inputs: RECORD };
const ATTRIBUTES = { attributes: optional(RECORD) };
const OPTIONS = { options: optional(recordOf('variants', 'precision')) };

/**
 * Runs one operation on the GPU. Throws a ShapeError, OptionError or DataError where the inputs do not fit. For tests,
 * micro-benchmarks and interoperability: it compiles and allocates at each call; a network belongs in a trainer or program.
 */
export const runOp = /* @__PURE__ */ checkedAsync(
  "runOp(gpu, 'relu', { x })",
  () => ({ gpu: GPU, ...OPERATION, ...ATTRIBUTES, ...OPTIONS }),
  operations.runOp,
);
/** The gradients of an operation with respect to its differentiable inputs, from that of its output; as runOp. */
export const gradOp = /* @__PURE__ */ checkedAsync(
  "gradOp(gpu, 'relu', { x }, outputGradient)",
  () => ({ gpu: GPU, ...OPERATION, outputGradient: RECORD, ...ATTRIBUTES, ...OPTIONS }),
  operations.gradOp,
);
/** An operation on the CPU: float32 in and out, float64 inside. Throws an OptionError for a name that does not exist. */
export const referenceOp = /* @__PURE__ */ checked(
  "referenceOp('relu', { x })",
  () => ({ ...OPERATION, ...ATTRIBUTES }),
  (name: string, inputs: Parameters<typeof references.referenceOp>[1], attributes: Readonly<Record<string, unknown>> = {}) => {
    checkAttributeNames(name as OpName, attributes);
    return references.referenceOp(name, inputs, attributes);
  },
);
/** The gradients of sum(outputGradient * output), one for each differentiable input that was given. */
export const referenceGradOp = /* @__PURE__ */ checked(
  "referenceGradOp('relu', { x }, outputGradient)",
  () => ({ ...OPERATION, outputGradient: RECORD, ...ATTRIBUTES }),
  (
    name: string,
    inputs: Parameters<typeof references.referenceGradOp>[1],
    outputGradient: Value,
    attributes: Readonly<Record<string, unknown>> = {},
  ) => {
    checkAttributeNames(name as OpName, attributes);
    return references.referenceGradOp(name, inputs, outputGradient, attributes);
  },
);
