import {
  encodeC,
  encodeCompressed,
  encodeHtml,
  encodeModel,
  encodeOnnx,
  encodeTflite,
  type QuantizedModel,
  sizeOfC,
} from 'paredown/node';
import type { ModelFile } from './model-file.ts';

export interface FormatOptions {
  /** End with probabilities. */
  readonly softmax: boolean;
  /** Take bytes, and scale them inside. */
  readonly bytesIn: boolean;
  /** What the network is called in it: files, and functions of source text. */
  readonly name: string;
  /** What a page is headed with [the name of the data]. */
  readonly title?: string;
  /** Inputs of a test program, where the format has one. */
  readonly vectors: number;
}

/** A format that a model can leave in. */
export interface Format {
  readonly name: string;
  /** What reads it. */
  readonly for: string;
  /** Whether it is several files, for a folder. */
  readonly folder: boolean;
  /** What it can do besides. */
  readonly can: readonly ('softmax' | 'bytesIn')[];
  /** Its files by name. Throws where it can't say what the model is. */
  encode(file: ModelFile, options: FormatOptions): Readonly<Record<string, Uint8Array | string>>;
  /** The files of a quantised model, where the format has integers; `file` is what it was made of. */
  encodeQuantized?(
    quantized: QuantizedModel,
    file: ModelFile,
    options: FormatOptions,
  ): Readonly<Record<string, Uint8Array | string>>;
  /** Whether its integers can end with a softmax too. */
  readonly quantizedSoftmax?: boolean;
  /** What it takes once it runs, where that is another thing than the size of its files. */
  running?(
    file: ModelFile,
    quantized: QuantizedModel | undefined,
  ): { readonly constantBytes: number; readonly arenaBytes: number };
}

export const FORMATS: readonly Format[] = [
  {
    name: 'safetensors',
    for: 'paredown; the weights also for NumPy, PyTorch and others',
    folder: false,
    can: [],
    encode: ({ model, weights, input }, { name }) => ({
      [`${name}.safetensors`]: encodeModel(model, weights, { ...(input && { input }) }),
    }),
  },
  {
    name: 'compressed',
    for: 'paredown; the same weights in the fewest bytes',
    folder: false,
    can: [],
    encode: ({ model, weights, input }, { name }) => ({
      [`${name}.paredown`]: encodeCompressed(model, weights, { ...(input && { input }) }),
    }),
    encodeQuantized: (quantized, { input }, { name }) => ({
      [`${name}.paredown`]: encodeCompressed(quantized, { ...(input && { input }) }),
    }),
  },
  {
    name: 'onnx',
    for: 'ONNX Runtime, in Python, C++ or a browser, and what else reads ONNX (opset 17)',
    folder: false,
    can: ['softmax', 'bytesIn'],
    encode: ({ model, weights, input }, { name, softmax, bytesIn }) => ({
      [`${name}.onnx`]: encodeOnnx(model, weights, { ...(input && { input }), softmax, bytesIn }),
    }),
    encodeQuantized: (quantized, { input }, { name, softmax, bytesIn }) => ({
      [`${name}.onnx`]: encodeOnnx(quantized, { ...(input && { input }), softmax, bytesIn }),
    }),
    quantizedSoftmax: true,
  },
  {
    name: 'tflite',
    for: 'LiteRT and TensorFlow Lite, on phones, microcontrollers or in a browser',
    folder: false,
    can: ['softmax'],
    encode: ({ model, weights, input }, { name, softmax }) => ({
      [`${name}.tflite`]: encodeTflite(model, weights, { ...(input && { input }), softmax }),
    }),
    encodeQuantized: (quantized, { input }, { name }) => ({
      [`${name}.tflite`]: encodeTflite(quantized, { ...(input && { input }) }),
    }),
  },
  {
    name: 'c',
    for: 'C compilers, for microcontrollers too: a header, a source and a test program in C99',
    folder: true,
    can: ['softmax'],
    encode: ({ model, weights, input }, { name, softmax, vectors }) =>
      encodeC(model, weights, { ...(input && { input }), name, softmax, vectors }),
    encodeQuantized: (quantized, { input }, { name, vectors }) => encodeC(quantized, { ...(input && { input }), name, vectors }),
    running: ({ model, weights }, quantized) => (quantized ? sizeOfC(quantized) : sizeOfC(model, weights)),
  },
  {
    name: 'html',
    for: 'people: one page that classifies images by itself, drawn, chosen or of a camera, in any browser',
    folder: false,
    can: ['softmax'],
    encode: ({ model, weights, input }, { name, title, softmax }) => ({
      [`${name}.html`]: encodeHtml(model, weights, { ...(input && { input }), ...(title && { title }), softmax }),
    }),
    encodeQuantized: (quantized, { input }, { name, title }) => ({
      [`${name}.html`]: encodeHtml(quantized, { ...(input && { input }), ...(title && { title }) }),
    }),
  },
];

/** The integers of a file that leave in a format as they are, where it has what they need. */
export function leavingIntegers({ quantized }: ModelFile, { name, encodeQuantized }: Format): QuantizedModel | undefined {
  if (!quantized || !encodeQuantized) return undefined;
  const { weights, activations } = quantized.bits;
  const fits = name === 'compressed' || name === 'onnx' || (activations === 8 && (name !== 'tflite' || weights === 8));
  return fits ? quantized : undefined;
}

/** The files of a model: of its integers, where these leave. */
export function filesOf(format: Format, file: ModelFile, options: FormatOptions, quantized: QuantizedModel | undefined) {
  return quantized && format.encodeQuantized ? format.encodeQuantized(quantized, file, options) : format.encode(file, options);
}

export function bytesOf(content: Uint8Array | string): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength;
}
