import type { Model } from '../model/types.ts';
import { checkWeights, type Weights } from '../model/weights.ts';
import { expectKind, metadataModel } from './kind.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

/**
 * A model and its weights as a safetensors file, the model as JSON in the metadata. Throws a ShapeError, naming the tensor,
 * when the weights are not those of the model.
 */
export function encodeModel(m: Model, weights: Weights): Uint8Array {
  checkWeights(m, weights);
  return encodeSafetensors(
    weights,
    new Map([
      ['paredown', 'model'],
      ['model', JSON.stringify(m)],
    ]),
  );
}

/** Reads what `encodeModel` wrote. Throws a DataError for a damaged file and a ShapeError for weights of another model. */
export function decodeModel(bytes: Uint8Array): { readonly model: Model; readonly weights: Weights } {
  const { tensors, metadata } = decodeSafetensors(bytes);
  expectKind('model', metadata);
  const model = metadataModel(metadata);
  checkWeights(model, tensors);
  return { model, weights: tensors };
}
