import type { Model } from '../model/types.ts';
import { checkWeights, type Weights } from '../model/weights.ts';
import { expectKind, metadataModel } from './kind.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

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

export function decodeModel(bytes: Uint8Array): { readonly model: Model; readonly weights: Weights } {
  const { tensors, metadata } = decodeSafetensors(bytes);
  expectKind('model', metadata);
  const model = metadataModel(metadata);
  checkWeights(model, tensors);
  return { model, weights: tensors };
}
