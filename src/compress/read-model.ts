import { type DecodedModel, decodeModel as decodeSafetensorsModel } from '../formats/model-file.ts';
import type { QuantizedModel } from '../quantize/types.ts';
import { decodeCompressed, isCompressed } from './coded/compressed.ts';

/** What a model file holds, or a compressed one. */
export interface ReadModel extends DecodedModel {
  /** The integers that the weights are of, where the file holds them: what `predictor` computes with exactly. */
  readonly quantized?: QuantizedModel;
}

/** Reads what `encodeModel` or `encodeCompressed` wrote. */
export function decodeModel(bytes: Uint8Array): ReadModel {
  return isCompressed(bytes) ? decodeCompressed(bytes) : decodeSafetensorsModel(bytes);
}
