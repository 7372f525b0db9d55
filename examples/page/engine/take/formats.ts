import { zipSync } from 'fflate';
import {
  encodeC,
  encodeCompressed,
  encodeHtml,
  encodeModel,
  encodeOnnx,
  encodeTflite,
  type QuantizedModel,
  sizeOfC,
} from 'paredown';
import type { Subject } from '../session.ts';
import type { FormatName, LeavingFile } from './calls.ts';

export interface Encoded extends LeavingFile {
  readonly running?: { readonly constantBytes: number; readonly arenaBytes: number };
}

interface Format {
  readonly encode: (subject: Subject, name: string) => Encoded;
  /** The file of its integers, or why there is none. */
  readonly encodeIntegers: ((quantized: QuantizedModel, subject: Subject, name: string) => Encoded) | string;
}

/** Throws where a format can't say what the network is. */
export function encode(format: FormatName, subject: Subject, quantized: QuantizedModel | undefined, name: string): Encoded {
  const { encode: floats, encodeIntegers } = FORMATS[format];
  if (!quantized) return floats(subject, name);
  if (typeof encodeIntegers === 'string') throw new Error(encodeIntegers);
  return encodeIntegers(quantized, subject, name);
}

const FORMATS: Readonly<Record<FormatName, Format>> = {
  html: {
    encode: ({ model, weights, input }, name) => ({
      name: `${name}.html`,
      bytes: bytesOf(encodeHtml(model, weights, { input, title: input.dataName ?? name })),
    }),
    encodeIntegers: (quantized, { input }, name) => ({
      name: `${name}_int8.html`,
      bytes: bytesOf(encodeHtml(quantized, { input, title: input.dataName ?? name })),
    }),
  },
  safetensors: {
    encode: ({ model, weights, input }, name) => ({
      name: `${name}.safetensors`,
      bytes: encodeModel(model, weights, { input }),
    }),
    encodeIntegers: 'This format holds floats alone; the compressed file holds integers for paredown.',
  },
  onnx: {
    encode: ({ model, weights, input }, name) => ({ name: `${name}.onnx`, bytes: encodeOnnx(model, weights, { input }) }),
    encodeIntegers: (quantized, { input }, name) => ({ name: `${name}_int8.onnx`, bytes: encodeOnnx(quantized, { input }) }),
  },
  tflite: {
    encode: ({ model, weights, input }, name) => ({ name: `${name}.tflite`, bytes: encodeTflite(model, weights, { input }) }),
    encodeIntegers: (quantized, { input }, name) => ({ name: `${name}_int8.tflite`, bytes: encodeTflite(quantized, { input }) }),
  },
  c: {
    encode: ({ model, weights, input }, name) => ({
      ...zipped(name, encodeC(model, weights, { input, name })),
      running: sizeOfC(model, weights),
    }),
    encodeIntegers: (quantized, { input }, name) => ({
      ...zipped(`${name}_int8`, encodeC(quantized, { input, name })),
      running: sizeOfC(quantized),
    }),
  },
  compressed: {
    encode: ({ model, weights, input }, name) => ({
      name: `${name}.paredown`,
      bytes: encodeCompressed(model, weights, { input }),
    }),
    encodeIntegers: (quantized, { input }, name) => ({
      name: `${name}_int8.paredown`,
      bytes: encodeCompressed(quantized, { input }),
    }),
  },
};

function zipped(name: string, files: Readonly<Record<string, string>>): LeavingFile {
  const entries = Object.entries(files).map(([file, content]) => [file, bytesOf(content)] as const);
  return { name: `${name}.zip`, bytes: zipSync(Object.fromEntries(entries)) };
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
