import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DecodedModel, load } from 'paredown/node';
import { fileFault } from './files.ts';
import { UsageError } from './usage-error.ts';

export const MODEL_HELP = 'a model.safetensors, or the folder of a run that holds one';

/** A trained model, as a person names it. */
export interface ModelFile extends DecodedModel {
  readonly path: string;
  readonly bytes: number;
  readonly format: 'safetensors';
}

/** Reads the file, or that of a run's folder. Throws a UsageError where there is none, a DataError where it holds no model. */
export async function openModel(name: string | undefined): Promise<ModelFile> {
  if (name === undefined) throw new UsageError(`Name a model: ${MODEL_HELP}`);
  const path = await modelPath(name);
  const { size: bytes } = await stat(path);
  const found = await load(path);
  if (found.kind === 'checkpoint')
    throw new UsageError(`${path} is a checkpoint, from which a training goes on; name the model.safetensors beside it`);
  const { model, weights, input } = found;
  return { path, bytes, format: 'safetensors', model, weights, ...(input && { input }) };
}

async function modelPath(name: string): Promise<string> {
  try {
    if (!(await stat(name)).isDirectory()) return name;
    const within = join(name, 'model.safetensors');
    await stat(within);
    return within;
  } catch (error) {
    throw new UsageError(`${name}: ${fileFault(error) ?? String(error)}; name ${MODEL_HELP}`);
  }
}
