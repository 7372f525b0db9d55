import { isRecord } from '../core/arguments.ts';
import { DataError } from '../core/errors.ts';
import { checkedInput, checkInputFits, type InputDescription } from '../data/input-description.ts';
import { parseModel } from '../model/model.ts';
import { resolve } from '../model/resolve.ts';
import type { Model } from '../model/types.ts';

export type FileKind = 'model' | 'checkpoint';

/** What a file's metadata says it is. Throws a DataError when it is none of ours. */
export function fileKind(metadata: ReadonlyMap<string, string>): FileKind {
  const kind = metadata.get('paredown');
  if (kind === 'model' || kind === 'checkpoint') return kind;
  throw new DataError(
    `This safetensors file is no paredown model or checkpoint: its metadata key 'paredown' is ${JSON.stringify(kind)}, ` +
      `not "model" or "checkpoint"`,
  );
}

/** Throws a DataError unless the metadata is that of a file of this kind. */
export function expectKind(expected: FileKind, metadata: ReadonlyMap<string, string>): void {
  const found = fileKind(metadata);
  if (found !== expected) throw new DataError(`This file is a paredown ${found}, not a ${expected}`);
}

/** The JSON under a metadata key, read by `parse`. */
export function metadataJson(
  metadata: ReadonlyMap<string, string>,
  key: string,
  parse: (text: string) => unknown = JSON.parse,
): unknown {
  const text = metadata.get(key);
  if (text === undefined) throw new DataError(`The file's metadata has no '${key}'`);
  try {
    return parse(text);
  } catch (cause) {
    throw new DataError(`The file's metadata '${key}' is not valid JSON`, { cause });
  }
}

/** What the file says of the model's input; undefined in one of before. */
export function metadataInput(metadata: ReadonlyMap<string, string>, model: Model): InputDescription | undefined {
  if (!metadata.has('input')) return undefined;
  const json = metadataJson(metadata, 'input');
  try {
    return inputOf("The file's metadata 'input'", json, model);
  } catch (cause) {
    throw new DataError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** What else the file tells of its model. */
export function metadataAbout(metadata: ReadonlyMap<string, string>): Readonly<Record<string, unknown>> | undefined {
  if (!metadata.has('about')) return undefined;
  const json = metadataJson(metadata, 'about');
  if (!isRecord(json)) throw new DataError("The file's metadata 'about' is no object");
  return json;
}

/** A description that fits a model. Throws an OptionError or ShapeError that begins with `where`. */
export function inputOf(where: string, input: unknown, model: Model): InputDescription {
  const checked = checkedInput(where, input);
  checkInputFits(where, checked, model.input, resolve(model).at(-1)?.outputShape ?? model.input);
  return checked;
}

export function metadataModel(metadata: ReadonlyMap<string, string>): Model {
  const json = metadataJson(metadata, 'model');
  try {
    return parseModel(json);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`The model in the file's metadata is damaged: ${detail}`, { cause });
  }
}
