import { isRecord, type Kind } from '../core/arguments.ts';
import { DataError } from '../core/errors.ts';
import { fromJson, toJson } from '../core/json.ts';
import type { Value } from '../core/value.ts';
import { MODEL } from '../model/kind.ts';
import type { Model } from '../model/types.ts';
import { expectKind, metadataJson, metadataModel } from './kind.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import { readHeader } from './safetensors-header.ts';
import { checkSeal, seal, UNSEALED } from './seal.ts';

/** A training frozen in time. `training` is plain JSON, with numbers that may be NaN or infinite, and, like the names of the tensors, the trainer's own. */
export interface Checkpoint {
  readonly model: Model;
  readonly training: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, Value>;
}

export const CHECKPOINT: Kind = {
  description: 'a checkpoint, which `await trainer.checkpoint()` gives',
  is: (value) => isRecord(value) && MODEL.is(value.model) && isRecord(value.training) && value.tensors instanceof Map,
};

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { model, training, tensors } = checkpoint;
  const metadata = new Map([
    ['crc32', UNSEALED],
    ['paredown', 'checkpoint'],
    ['model', JSON.stringify(model)],
    ['training', toJson(training)],
  ]);
  const bytes = encodeSafetensors(tensors, metadata);
  seal(bytes);
  return bytes;
}

export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  expectKind('checkpoint', readHeader(bytes).metadata);
  checkSeal(bytes);
  const { tensors, metadata } = decodeSafetensors(bytes);
  const training = metadataJson(metadata, 'training', fromJson);
  if (typeof training !== 'object' || training === null || Array.isArray(training))
    throw new DataError(`The file's metadata 'training' must be an object, got ${JSON.stringify(training)}`);
  return { model: metadataModel(metadata), training: training as Record<string, unknown>, tensors };
}
