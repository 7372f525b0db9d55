import { type DecodedModel, decodeModel, decodeOnnx } from 'paredown';
import { nameFrom } from '../network-facts.ts';
import type { Subject } from '../session.ts';

/** The first byte of a compressed model. */
const COMPRESSED = 0xcf;
/** The first field of an ONNX file: the version of the format. */
const ONNX = 0x08;
const BRACE = 0x7b;

/** A network from a file. Throws for what is none, or is damaged. */
export function subjectFrom(bytes: Uint8Array, fileName: string): Subject {
  const { model, weights, input, quantized } = decoded(bytes, fileName);
  return {
    ...{ model, weights, fileName: nameFrom(fileName.replace(/\.\w+$/, '')) },
    ...(quantized && { quantized }),
    input: input ?? { shape: model.input, scale: 1 / 255, offset: 0, dtype: 'uint8' },
    ...(!input && { scalingAssumed: true }),
  };
}

function decoded(bytes: Uint8Array, fileName: string): DecodedModel {
  if (bytes.length === 0) throw new Error('The file is empty.');
  if (bytes[0] === COMPRESSED || bytes[8] === BRACE || /\.(safetensors|paredown)$/i.test(fileName)) return decodeModel(bytes);
  if (bytes[0] === ONNX || /\.onnx$/i.test(fileName)) return decodeOnnx(bytes);
  const kind =
    new TextDecoder('latin1').decode(bytes.subarray(4, 8)) === 'TFL3'
      ? 'TensorFlow Lite, which can be written here, not read'
      : 'no model';
  throw new Error(`The file is ${kind}: choose a safetensors file of paredown, a compressed one (.paredown) or ONNX.`);
}
