// Training, prediction and single operations, with their arguments checked.
import { checked, checkedAsync, optional, RECORD, recordOf, TEXT } from '../core/arguments.ts';
import type { Value } from '../core/value.ts';
import { GPU } from '../gpu/kind.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import { checkAttributeNames, type OpName } from '../ops/registry.ts';
import * as operations from '../plan/run-op.ts';
import * as references from '../reference/index.ts';
import * as optimizers from '../train/options.ts';
import { predictor as makePredictor } from '../train/predictor.ts';
import { trainer as makeTrainer } from '../train/trainer.ts';
import { tune as tuneModel } from '../train/tuning.ts';

export const adam = /* @__PURE__ */ checked('adam({ learningRate: 0.001 })', { options: optional(RECORD) }, optimizers.adam);
export const sgd = /* @__PURE__ */ checked('sgd({ learningRate: 0.1 })', { options: RECORD }, optimizers.sgd);

export const trainer = /* @__PURE__ */ checkedAsync(
  'trainer(gpu, model, { batch: 50, optimizer: adam() })',
  { gpu: GPU, model: MODEL, options: RECORD },
  makeTrainer,
);
export const predictor = /* @__PURE__ */ checkedAsync(
  'predictor(gpu, model, weights, { batch: 64 })',
  { gpu: GPU, model: MODEL, weights: WEIGHTS, options: optional(RECORD) },
  makePredictor,
);
export const tune = /* @__PURE__ */ checked(
  'tune(gpu, model, { batch: 50, optimizer: adam() })',
  { gpu: GPU, model: MODEL, options: RECORD },
  tuneModel,
);

const OPERATION = { name: TEXT, inputs: RECORD };
const ATTRIBUTES = { attributes: optional(RECORD) };
const OPTIONS = { options: optional(recordOf('variants', 'precision')) };

export const runOp = /* @__PURE__ */ checkedAsync(
  "runOp(gpu, 'relu', { x })",
  { gpu: GPU, ...OPERATION, ...ATTRIBUTES, ...OPTIONS },
  operations.runOp,
);
export const gradOp = /* @__PURE__ */ checkedAsync(
  "gradOp(gpu, 'relu', { x }, outputGradient)",
  { gpu: GPU, ...OPERATION, outputGradient: RECORD, ...ATTRIBUTES, ...OPTIONS },
  operations.gradOp,
);
export const referenceOp = /* @__PURE__ */ checked(
  "referenceOp('relu', { x })",
  { ...OPERATION, ...ATTRIBUTES },
  (name: string, inputs: Parameters<typeof references.referenceOp>[1], attributes: Readonly<Record<string, unknown>> = {}) => {
    checkAttributeNames(name as OpName, attributes);
    return references.referenceOp(name, inputs, attributes);
  },
);
export const referenceGradOp = /* @__PURE__ */ checked(
  "referenceGradOp('relu', { x }, outputGradient)",
  { ...OPERATION, outputGradient: RECORD, ...ATTRIBUTES },
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
