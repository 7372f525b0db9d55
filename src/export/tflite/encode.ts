import { refuseUnknown } from '../../core/arguments.ts';
import { OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import type { InputDescription } from '../../data/input-description.ts';
import { exportGraph } from '../../deploy/graph.ts';
import { inputOf } from '../../formats/kind.ts';
import type { Model } from '../../model/types.ts';
import type { Weights } from '../../model/weights.ts';
import { checkNoSoftmax } from '../../quantize/kind.ts';
import { integerGraph } from '../../quantize/lower.ts';
import type { QuantizedModel } from '../../quantize/types.ts';
import { type FileValues, lowerIntegersToTflite } from './integers.ts';
import { lowerToTflite } from './lower.ts';
import { writeTflite } from './write.ts';

export interface TfliteFileOptions {
  /** What the model takes and what its classes are called, kept as JSON in the file's metadata `input` [none]. */
  readonly input?: InputDescription;
  /** Ends with a softmax, where the model does not [false]. */
  readonly softmax?: boolean;
  /** What the input and the output hold; there is 'float32' ['float32']. */
  readonly io?: 'float32';
}

/** See src/public/exporting.ts. */
export function encodeTflite(m: Model, weights: Weights, options: TfliteFileOptions = {}): Uint8Array {
  refuseUnknown('encodeTflite', options, ['input', 'softmax', 'io']);
  const { input, softmax = false, io = 'float32' } = options;
  if (typeof softmax !== 'boolean') throw new OptionError(`encodeTflite: softmax must be true or false, got ${shown(softmax)}`);
  if (io !== 'float32')
    throw new OptionError(
      `encodeTflite: io must be 'float32', got ${shown(io)}; 'int8' is for a quantised model, given in place of model and weights or as quantization`,
    );
  const metadata = input === undefined ? [] : [{ name: 'input', data: json(inputOf('encodeTflite: input', input, m)) }];
  return writeTflite({ ...lowerToTflite(exportGraph(m, weights, { softmax })), metadata });
}

export interface TfliteIntegersOptions {
  readonly input?: InputDescription;
  /** What the input and the output hold: floats, or the integers of 8 bits themselves ['float32']. */
  readonly io?: FileValues;
  /** None has a form in integers. */
  readonly softmax?: false;
}

/** See src/public/exporting.ts. */
export function encodeTfliteIntegers(quantized: QuantizedModel, options: TfliteIntegersOptions = {}): Uint8Array {
  refuseUnknown('encodeTflite', options, ['input', 'io', 'softmax']);
  const { input, io = 'float32', softmax = false } = options;
  checkNoSoftmax('encodeTflite', softmax);
  if (io !== 'float32' && io !== 'int8') throw new OptionError(`encodeTflite: io must be 'float32' or 'int8', got ${shown(io)}`);
  const { weights, activations } = quantized.bits;
  if (weights !== 8 || activations !== 8)
    throw new OptionError(
      `encodeTflite: TensorFlow Lite has integers of 8 bits, weights and activations, and this model has ${weights} and ` +
        `${activations === 8 ? 8 : 'floats'}; encodeCompressed takes all, encodeC all whose activations have 8`,
    );
  const { model } = quantized;
  const metadata = input === undefined ? [] : [{ name: 'input', data: json(inputOf('encodeTflite: input', input, model)) }];
  return writeTflite({ ...lowerIntegersToTflite(integerGraph(quantized), io), metadata });
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
