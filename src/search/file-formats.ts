import { encodeCompressed, encodeCompressedIntegers } from '../compress/coded/compressed.ts';
import type { InputDescription } from '../data/input-description.ts';
import { sizeOfC } from '../export/c/encode.ts';
import { sizeOfCIntegers } from '../export/c/int8/encode.ts';
import { encodeTflite, encodeTfliteIntegers } from '../export/tflite/encode.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import type { QuantizedModel } from '../quantize/types.ts';

/** What leaves: a compressed model, a TensorFlow Lite file, or C code. */
export const FORMATS = ['compressed', 'tflite', 'c'] as const;
export type Format = (typeof FORMATS)[number];

/** One copy of a network. */
export interface Copy {
  readonly model: Model;
  readonly weights: Weights;
  readonly quantized?: QuantizedModel;
}

/** A network as it is kept and read again, whatever it leaves as: without loss. `input` is told where it is given. */
export function keptFile({ model, weights, quantized }: Copy, input?: InputDescription): Uint8Array {
  const options = { ...(input && { input }) };
  if (!quantized) return encodeCompressed(model, weights, options);
  const { input: _, ...integers } = quantized;
  return encodeCompressedIntegers(integers, options);
}

export function tfliteFile({ model, weights, quantized }: Copy, input?: InputDescription): Uint8Array {
  const options = { ...(input && { input }) };
  return quantized ? encodeTfliteIntegers(quantized, options) : encodeTflite(model, weights, options);
}

/** Bytes of a network in a format; of C code those of its constants in flash, which is what a device's limit is about. */
export function bytesIn(format: Format, copy: Copy, input?: InputDescription): number {
  switch (format) {
    case 'compressed':
      return keptFile(copy, input).length;
    case 'tflite':
      return tfliteFile(copy, input).length;
    case 'c':
      return (copy.quantized ? sizeOfCIntegers(copy.quantized) : sizeOfC(copy.model, copy.weights)).constantBytes;
  }
}
