import { refuseUnknown } from '../../core/arguments.ts';
import { OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import type { InputDescription } from '../../data/input-description.ts';
import { inputOf } from '../../formats/kind.ts';
import type { Model } from '../../model/types.ts';
import type { Weights } from '../../model/weights.ts';
import { exportGraph } from '../graph.ts';
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
  if (io !== 'float32') throw new OptionError(`encodeTflite: io must be 'float32', got ${shown(io)}`);
  const metadata = input === undefined ? [] : [{ name: 'input', data: json(inputOf('encodeTflite: input', input, m)) }];
  return writeTflite({ ...lowerToTflite(exportGraph(m, weights, { softmax })), metadata });
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
