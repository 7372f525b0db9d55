// The formats that a network leaves in, as a list: what commands and pages offer.
import { OptionError } from '../core/errors.ts';
import type { InputDescription } from '../data/index.ts';
import type { CSize } from '../export/c/encode.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import type { QuantizedModel } from '../quantize/types.ts';
import { encodeCompressed } from './compressing.ts';
import { encodeModel } from './data.ts';
import { encodeC, encodeHtml, encodeOnnx, encodeTflite, sizeOfC } from './exporting.ts';

export type ExportFormatName = 'safetensors' | 'compressed' | 'onnx' | 'tflite' | 'c' | 'html';

/** What some formats can do besides: end with probabilities; take bytes, and scale them inside. */
export type ExportAbility = 'softmax' | 'bytesIn';

/** A network that leaves, and what it takes, where that is known. */
export interface LeavingNetwork {
  readonly model: Model;
  readonly weights: Weights;
  readonly input?: InputDescription;
}

export interface ExportFormatOptions {
  /** What the network is called: its files, and the functions of source text. */
  readonly name: string;
  /** What a page is headed with [the name of the data]. */
  readonly title?: string;
  /** Both are an OptionError for a format that can't [false]. */
  readonly softmax?: boolean;
  readonly bytesIn?: boolean;
  /** Inputs of a test program, where the format has one [3]. */
  readonly vectors?: number;
}

/** Contents by the names of files. */
export type ExportedFiles = Readonly<Record<string, Uint8Array | string>>;

export interface ExportFormat {
  readonly name: ExportFormatName;
  /** What reads it, in words. */
  readonly for: string;
  /** Whether it is several files, for a folder. */
  readonly folder: boolean;
  /** Of floats. */
  readonly can: readonly ExportAbility[];
  /** The files of a network in floats. Throws what the format's encoder throws. */
  encode(network: LeavingNetwork, options: ExportFormatOptions): ExportedFiles;
  /** Absent where the format holds floats alone. */
  readonly integers?: IntegerFormat;
  /** What it takes once it runs, in floats or integers, where that is another thing than the size of its files. */
  running?(network: LeavingNetwork, quantized?: QuantizedModel): CSize;
}

export interface IntegerFormat {
  /** Whether integers of these bits leave as they are. */
  holds(bits: QuantizedModel['bits']): boolean;
  readonly can: readonly ExportAbility[];
  /** The files of a quantised model. Throws an OptionError for one that the format does not hold. */
  encode(quantized: QuantizedModel, options: ExportFormatOptions & Pick<LeavingNetwork, 'input'>): ExportedFiles;
}

const areInBytes = ({ activations }: QuantizedModel['bits']) => activations === 8;

const FORMATS: readonly ExportFormat[] = [
  {
    name: 'safetensors',
    for: 'paredown; the weights also for NumPy, PyTorch and others',
    folder: false,
    can: [],
    encode: ({ model, weights, input }, { name }) => ({ [`${name}.safetensors`]: encodeModel(model, weights, { input }) }),
  },
  {
    name: 'compressed',
    for: 'paredown; the same weights in the fewest bytes',
    folder: false,
    can: [],
    encode: ({ model, weights, input }, { name }) => ({ [`${name}.paredown`]: encodeCompressed(model, weights, { input }) }),
    integers: {
      holds: () => true,
      can: [],
      encode: (quantized, { name, input }) => ({ [`${name}.paredown`]: encodeCompressed(quantized, { input }) }),
    },
  },
  {
    name: 'onnx',
    for: 'ONNX Runtime, in Python, C++ or a browser, and what else reads ONNX (opset 17)',
    folder: false,
    can: ['softmax', 'bytesIn'],
    encode: ({ model, weights, input }, { name, softmax, bytesIn }) => ({
      [`${name}.onnx`]: encodeOnnx(model, weights, { input, softmax, bytesIn }),
    }),
    integers: {
      holds: () => true,
      can: ['softmax', 'bytesIn'],
      encode: (quantized, { name, input, softmax, bytesIn }) => ({
        [`${name}.onnx`]: encodeOnnx(quantized, { input, softmax, bytesIn }),
      }),
    },
  },
  {
    name: 'tflite',
    for: 'LiteRT and TensorFlow Lite, on phones, microcontrollers or in a browser',
    folder: false,
    can: ['softmax'],
    encode: ({ model, weights, input }, { name, softmax }) => ({
      [`${name}.tflite`]: encodeTflite(model, weights, { input, softmax }),
    }),
    integers: {
      holds: (bits) => areInBytes(bits) && bits.weights === 8,
      can: [],
      encode: (quantized, { name, input }) => ({ [`${name}.tflite`]: encodeTflite(quantized, { input }) }),
    },
  },
  {
    name: 'c',
    for: 'C compilers, for microcontrollers too: a header, a source and a test program in C99',
    folder: true,
    can: ['softmax'],
    encode: ({ model, weights, input }, { name, softmax, vectors }) => encodeC(model, weights, { input, name, softmax, vectors }),
    integers: {
      holds: areInBytes,
      can: [],
      encode: (quantized, { name, input, vectors }) => encodeC(quantized, { input, name, vectors }),
    },
    running: ({ model, weights }, quantized) => (quantized ? sizeOfC(quantized) : sizeOfC(model, weights)),
  },
  {
    name: 'html',
    for: 'people: one page that classifies images by itself, drawn, chosen or of a camera, in any browser',
    folder: false,
    can: ['softmax'],
    encode: ({ model, weights, input }, { name, title, softmax }) => ({
      [`${name}.html`]: encodeHtml(model, weights, { input, title, softmax }),
    }),
    integers: {
      holds: areInBytes,
      can: [],
      encode: (quantized, { name, title, input }) => ({ [`${name}.html`]: encodeHtml(quantized, { input, title }) }),
    },
  },
];

/** Every format, as it is asked for by name, with what it can hold and do. */
export const exportFormats: readonly ExportFormat[] = /* @__PURE__ */ FORMATS.map(refusing);

/** The same format; what it can't do is refused, not left out. */
function refusing(format: ExportFormat): ExportFormat {
  const { name, can, encode, integers } = format;
  return {
    ...format,
    encode(network, options) {
      check(name, can, options);
      return encode(network, options);
    },
    ...(integers && {
      integers: {
        ...integers,
        encode(quantized, options) {
          check(`integers as ${name}`, integers.can, options);
          return integers.encode(quantized, options);
        },
      },
    }),
  };
}

const ABILITIES: readonly ExportAbility[] = ['softmax', 'bytesIn'];

function check(what: string, can: readonly ExportAbility[], options: ExportFormatOptions): void {
  const asked = ABILITIES.find((ability) => options[ability] && !can.includes(ability));
  if (asked) throw new OptionError(`exportFormats: ${asked} has no form in ${what}; leave it out`);
}
