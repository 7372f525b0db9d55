import { DataError, OptionError, ShapeError } from '../core/errors.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../formats/checkpoint.ts';
import { fileKind } from '../formats/kind.ts';
import { decodeModel, encodeModel } from '../formats/model-file.ts';
import { readHeader } from '../formats/safetensors-header.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { readBytes } from './file-error.ts';
import { writeFileAtomic } from './files.ts';

/** What `load` found in a file. */
export type Loaded =
  | { readonly kind: 'model'; readonly model: Model; readonly weights: Weights }
  | ({ readonly kind: 'checkpoint' } & Checkpoint);

/** Writes a model with its weights, or a checkpoint; the file is whole or as it was before. Throws a ShapeError for weights that do not fit, a DataError for a path that can't be written. */
export async function save(path: string, model: Model, weights: Weights): Promise<void>;
export async function save(path: string, checkpoint: Checkpoint): Promise<void>;
export async function save(path: string, what: Model | Checkpoint, weights?: Weights): Promise<void> {
  if ('tensors' in what) return writeFileAtomic(path, encodeCheckpoint(what));
  if (weights === undefined) throw new OptionError(`save('${path}', model, weights): the weights are missing`);
  return writeFileAtomic(path, encodeModel(what, weights));
}

/** Reads what `save` wrote. Throws a DataError or ShapeError that names the file; of one that can't be read, with the system's `code`. */
export async function load(path: string): Promise<Loaded> {
  const bytes = await readBytes(path);
  try {
    if (fileKind(readHeader(bytes).metadata) === 'model') return { kind: 'model', ...decodeModel(bytes) };
    return { kind: 'checkpoint', ...decodeCheckpoint(bytes) };
  } catch (cause) {
    if (cause instanceof DataError) throw new DataError(`${path}: ${cause.message}`, { cause });
    if (cause instanceof ShapeError) throw new ShapeError(`${path}: ${cause.message}`, { cause });
    throw cause;
  }
}
