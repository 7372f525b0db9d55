import { refuseUnknown } from '../core/arguments.ts';
import type { InputDescription } from '../data/input-description.ts';
import type { Model } from '../model/types.ts';
import { checkWeights, type Weights } from '../model/weights.ts';
import { expectKind, inputOf, metadataInput, metadataModel } from './kind.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

export interface ModelFileOptions {
  /** What the model takes and what its classes are called, as `trainer.input` tells it. */
  readonly input?: InputDescription;
}

/** What a model file holds. */
export interface DecodedModel {
  readonly model: Model;
  readonly weights: Weights;
  /** Where the file tells it. */
  readonly input?: InputDescription;
}

export function encodeModel(m: Model, weights: Weights, options: ModelFileOptions = {}): Uint8Array {
  refuseUnknown('encodeModel', options, ['input']);
  checkWeights(m, weights);
  const metadata = new Map([
    ['paredown', 'model'],
    ['model', JSON.stringify(m)],
  ]);
  if (options.input !== undefined) metadata.set('input', JSON.stringify(inputOf('encodeModel: input', options.input, m)));
  return encodeSafetensors(weights, metadata);
}

export function decodeModel(bytes: Uint8Array): DecodedModel {
  const { tensors, metadata } = decodeSafetensors(bytes);
  expectKind('model', metadata);
  const model = metadataModel(metadata);
  checkWeights(model, tensors);
  const input = metadataInput(metadata, model);
  return { model, weights: tensors, ...(input && { input }) };
}
