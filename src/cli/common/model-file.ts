import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, type DecodedModel, decodeOnnx, load } from 'paredown/node';
import { fileFault } from './files.ts';
import { UsageError } from './usage-error.ts';

export const MODEL_HELP = 'a model.safetensors, the folder of a run that holds one, or an ONNX file';

/** A trained model, as a person names it. */
export interface ModelFile extends DecodedModel {
  readonly path: string;
  readonly bytes: number;
  readonly format: 'safetensors' | 'ONNX';
}

/** Reads the file, or that of a run's folder. Throws a UsageError where there is none, a DataError where it holds no model. */
export async function openModel(name: string | undefined): Promise<ModelFile> {
  if (name === undefined) throw new UsageError(`Name a model: ${MODEL_HELP}`);
  const path = await modelPath(name);
  const { size: bytes } = await stat(path);
  if (await isOnnx(path)) {
    const decoded = onnxOf(path, await readFile(path));
    return { path, bytes, format: 'ONNX', ...decoded };
  }
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

/** By its name, else by its first field, the version of the format; safetensors begin with a length and a brace. */
async function isOnnx(path: string): Promise<boolean> {
  if (/\.onnx$/i.test(path)) return true;
  const file = await open(path);
  try {
    const { buffer } = await file.read({ buffer: Buffer.alloc(9) });
    return buffer[0] === 0x08 && buffer[8] !== 0x7b;
  } finally {
    await file.close();
  }
}

function onnxOf(path: string, bytes: Uint8Array): DecodedModel {
  try {
    return decodeOnnx(bytes);
  } catch (cause) {
    throw cause instanceof DataError ? new DataError(`${path}: ${cause.message}`, { cause }) : cause;
  }
}
