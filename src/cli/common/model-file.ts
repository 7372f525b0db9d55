import { open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataError, type DecodedModel, decodeOnnx, load, type QuantizedModel } from 'paredown/node';
import { fileFault, undefinedIfMissing } from './files.ts';
import { paredownCommand } from './invocation.ts';
import { UsageError } from './usage-error.ts';

export const MODEL_HELP = 'a model.safetensors, the folder of a run that holds one, a compressed model or an ONNX file';

const MODEL = 'model.safetensors';
const CHECKPOINT = 'checkpoint';
/** The first byte of a compressed model. */
const COMPRESSED = 0xcf;

/** A trained model, as a person names it. */
export interface ModelFile extends DecodedModel {
  readonly path: string;
  readonly bytes: number;
  readonly format: 'safetensors' | 'ONNX' | 'compressed';
  /** The integers that the weights are of, where the file holds them. */
  readonly quantized?: QuantizedModel;
}

/** Reads the file, or that of a run's folder. Throws a UsageError where there is none or it is of another kind, a DataError where it is damaged. */
export async function openModel(name: string | undefined): Promise<ModelFile> {
  if (name === undefined) throw new UsageError(`Name a model: ${MODEL_HELP}`);
  const path = await modelPath(name);
  const { size: bytes } = await stat(path);
  const format = await formatOf(path);
  if (format === 'ONNX') {
    const decoded = onnxOf(path, await readFile(path));
    return { path, bytes, format, ...decoded };
  }
  const found = await load(path);
  if (found.kind === 'checkpoint')
    throw new UsageError(`${path} is a checkpoint, from which a training goes on; ${await instead(dirname(path))}`);
  const { kind, ...decoded } = found;
  return { path, bytes, format, ...decoded };
}

async function modelPath(name: string): Promise<string> {
  try {
    if (!(await stat(name)).isDirectory()) return name;
  } catch (error) {
    throw new UsageError(`${name}: ${fileFault(error) ?? String(error)}; name ${MODEL_HELP}`);
  }
  const within = join(name, MODEL);
  if (await isThere(within)) return within;
  const what = (await isThere(join(name, CHECKPOINT))) ? await instead(name) : `name ${MODEL_HELP}`;
  throw new UsageError(`${name} holds no ${MODEL}; ${what}`);
}

/** What to do in place of taking the checkpoint in a folder for a model. */
async function instead(folder: string): Promise<string> {
  if (await isThere(join(folder, MODEL))) return `name the ${MODEL} beside it`;
  return `its run makes a ${MODEL} when it ends: ${paredownCommand('train', '--resume', '--out', folder)}`;
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(undefinedIfMissing)) !== undefined;
}

/**
 * By its name, else by its first field: of ONNX the version of the format, of safetensors a length and a brace. Throws a UsageError for a
 * file that is none of them.
 */
async function formatOf(path: string): Promise<ModelFile['format']> {
  if (/\.onnx$/i.test(path)) return 'ONNX';
  const file = await open(path);
  try {
    const { buffer } = await file.read({ buffer: Buffer.alloc(9) });
    if (buffer[8] === 0x7b || /\.safetensors$/i.test(path)) return 'safetensors';
    if (buffer[0] === COMPRESSED) return 'compressed';
    if (buffer[0] === 0x08) return 'ONNX';
    const what =
      buffer.toString('latin1', 4, 8) === 'TFL3' ? 'a TensorFlow Lite file, which can be written, not read' : 'no model';
    throw new UsageError(`${path} is ${what}; name ${MODEL_HELP}`);
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
