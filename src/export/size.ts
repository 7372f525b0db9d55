import { encodeCompressed, encodeCompressedIntegers } from '../compress/coded/compressed.ts';
import { OptionError } from '../core/errors.ts';
import { elements } from '../core/value.ts';
import { encodeModel } from '../formats/model-file.ts';
import { describe } from '../model/describe.ts';
import { parametersOf } from '../model/resolve.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { dequantizedWeights } from '../quantize/dequantized.ts';
import { isQuantizedTensor, type QuantizedModel } from '../quantize/types.ts';
import { sizeOfC } from './c/encode.ts';
import { sizeOfCIntegers } from './c/int8/encode.ts';
import { encodeOnnx, encodeOnnxQuantized } from './onnx/encode.ts';
import { encodeTflite, encodeTfliteIntegers } from './tflite/encode.ts';

/** The bytes of the files of a network, without what they may tell besides of its input; undefined where a format can't say what it is. */
export interface FileBytes {
  readonly safetensors: number;
  /** By the numbers themselves, so undefined without them. */
  readonly compressed: number | undefined;
  readonly onnx: number | undefined;
  readonly tflite: number | undefined;
  /** Of its constants, as C code has them in flash. */
  readonly c: number | undefined;
}

export interface NetworkSize {
  /** Those that are trained. */
  readonly parameters: number;
  /** Of the weights as they are held: in integers the bits of each, the scales and the biases, else four bytes each. */
  readonly weightBytes: number;
  readonly fileBytes: FileBytes;
}

export function sizeOf(m: Model, weights?: Weights): NetworkSize {
  const own = weights ?? zeros(m);
  return {
    parameters: describe(m).parameters,
    weightBytes: [...own.values()].reduce((sum, { data }) => sum + data.byteLength, 0),
    fileBytes: {
      safetensors: encodeModel(m, own).length,
      compressed: weights && encodeCompressed(m, weights).length,
      onnx: told(() => encodeOnnx(m, own).length),
      tflite: told(() => encodeTflite(m, own).length),
      c: told(() => sizeOfC(m, own).constantBytes),
    },
  };
}

export function sizeOfQuantized(quantized: QuantizedModel): NetworkSize {
  const { model, weights, bits, activations } = quantized;
  const float = bits.activations === 'float';
  const bitsOf = (name: string) => {
    const tensor = weights.get(name);
    if (!tensor) return 0;
    if (!isQuantizedTensor(tensor)) return 32 * tensor.data.length;
    const { integers, scales } = tensor;
    // The scales of biases are those of the input and the weights.
    return integers instanceof Int8Array ? bits.weights * integers.length + 32 * scales.length : 32 * integers.length;
  };
  const weightBits = [...weights.keys()].reduce((sum, name) => sum + bitsOf(name), 0);
  const dequantized = dequantizedWeights(quantized);
  return {
    parameters: describe(model).parameters,
    weightBytes: Math.ceil(weightBits / 8) + 5 * activations.size,
    fileBytes: {
      safetensors: encodeModel(model, dequantized).length,
      compressed: encodeCompressedIntegers(quantized).length,
      onnx: told(() => encodeOnnxQuantized(quantized).length),
      tflite: told(() => (float ? encodeTflite(model, dequantized) : encodeTfliteIntegers(quantized)).length),
      c: told(() => (float ? sizeOfC(model, dequantized) : sizeOfCIntegers(quantized)).constantBytes),
    },
  };
}

function told(size: () => number): number | undefined {
  try {
    return size();
  } catch (error) {
    if (error instanceof OptionError) return undefined;
    throw error;
  }
}

function zeros(m: Model): Weights {
  return new Map(parametersOf(m).map(({ name, shape }) => [name, { shape, data: new Float32Array(elements(shape)) }]));
}
