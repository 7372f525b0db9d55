import { isRecord, refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import type { InputDescription } from '../data/input-description.ts';
import type { Model } from '../model/types.ts';
import { checkWeights, type Weights } from '../model/weights.ts';
import { expectKind, inputOf, metadataAbout, metadataInput, metadataModel } from './kind.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

export interface ModelFileOptions {
  /** What the model takes and what its classes are called, as `trainer.input` tells it. */
  readonly input?: InputDescription;
  /** What else is to be told of it, as JSON keeps it: where it comes from, how it was trained. */
  readonly about?: Readonly<Record<string, unknown>>;
}

/** What a model file holds. */
export interface DecodedModel {
  readonly model: Model;
  readonly weights: Weights;
  /** Where the file tells it. */
  readonly input?: InputDescription;
  /** As it was given when the file was written; not looked into. */
  readonly about?: Readonly<Record<string, unknown>>;
}

export function encodeModel(m: Model, weights: Weights, options: ModelFileOptions = {}): Uint8Array {
  const { about } = options;
  refuseUnknown('encodeModel', options, ['input', 'about']);
  if (about !== undefined && !isRecord(about)) throw new OptionError(`encodeModel: about must be an object, got ${shown(about)}`);
  checkWeights(m, weights);
  const metadata = new Map([
    ['paredown', 'model'],
    ['model', JSON.stringify(m)],
  ]);
  if (options.input !== undefined) metadata.set('input', JSON.stringify(inputOf('encodeModel: input', options.input, m)));
  if (about !== undefined) metadata.set('about', JSON.stringify(about));
  return encodeSafetensors(weights, metadata);
}

export function decodeModel(bytes: Uint8Array): DecodedModel {
  const { tensors, metadata } = decodeSafetensors(bytes);
  expectKind('model', metadata);
  const model = metadataModel(metadata);
  checkWeights(model, tensors);
  const input = metadataInput(metadata, model);
  const about = metadataAbout(metadata);
  return { model, weights: tensors, ...(input && { input }), ...(about && { about }) };
}
