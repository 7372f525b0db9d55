import { isCompressed } from '../compress/coded/compressed.ts';
import { decodeModel, type ReadModel } from '../compress/read-model.ts';
import { DataError, OptionError, ShapeError } from '../core/errors.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../formats/checkpoint.ts';
import { fileKind } from '../formats/kind.ts';
import { encodeModel, type ModelFileOptions } from '../formats/model-file.ts';
import { readHeader } from '../formats/safetensors-header.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { readBytes } from './file-error.ts';
import { writeFileAtomic } from './files.ts';

/** What `load` found in a file. */
export type Loaded = ({ readonly kind: 'model' } & ReadModel) | ({ readonly kind: 'checkpoint' } & Checkpoint);

export async function save(path: string, what: Model | Checkpoint, weights?: Weights, options?: ModelFileOptions): Promise<void> {
  if ('tensors' in what) return writeFileAtomic(path, encodeCheckpoint(what));
  if (weights === undefined) throw new OptionError(`save('${path}', model, weights): the weights are missing`);
  return writeFileAtomic(path, encodeModel(what, weights, options));
}

export async function load(path: string): Promise<Loaded> {
  const bytes = await readBytes(path);
  try {
    if (isCompressed(bytes)) return { kind: 'model', ...decodeModel(bytes) };
    if (fileKind(readHeader(bytes).metadata) === 'model') return { kind: 'model', ...decodeModel(bytes) };
    return { kind: 'checkpoint', ...decodeCheckpoint(bytes) };
  } catch (cause) {
    if (cause instanceof DataError) throw new DataError(`${path}: ${cause.message}`, { cause });
    if (cause instanceof ShapeError) throw new ShapeError(`${path}: ${cause.message}`, { cause });
    throw cause;
  }
}
