import { DataError } from '../core/errors.ts';
import { checkValue, type Value } from '../core/value.ts';
import { type Entry, readHeader } from './safetensors-header.ts';
import { ELEMENT_TYPES } from './safetensors-types.ts';

/**
 * The safetensors container (github.com/huggingface/safetensors): the header's length as a little-endian uint64, the header
 * as JSON, padded with spaces to a multiple of 8 bytes, then every tensor's little-endian data without holes. Tensors here
 * are float32 (`F32`), which every JavaScript engine with WebGPU keeps little-endian already; those of other types are read as float32.
 */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Value>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Writes tensors in the order of the map, the metadata before them. Throws a ShapeError for a value that contradicts itself. */
export function encodeSafetensors(tensors: ReadonlyMap<string, Value>, metadata: ReadonlyMap<string, string>): Uint8Array {
  const header = [`"__metadata__":${jsonObject(Array.from(metadata, ([key, text]) => member(key, text)))}`];
  let length = 0;
  for (const [name, value] of tensors) {
    if (name === '__metadata__') throw new DataError(`safetensors: a tensor may not be named '__metadata__'`);
    checkValue(`tensor '${name}'`, value);
    const end = length + value.data.byteLength;
    header.push(member(name, { dtype: 'F32', shape: value.shape, data_offsets: [length, end] } satisfies Entry));
    length = end;
  }
  const json = new TextEncoder().encode(jsonObject(header));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(json, 8);
  let offset = 8 + headerLength;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/** Reads a container; the tensors are copies. Throws a DataError that names the tensor or the offset for any damage. */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const { entries, metadata, dataStart } = readHeader(bytes);
  const tensors = new Map<string, Value>();
  for (const [name, { dtype, shape, data_offsets }] of entries) {
    const [begin, end] = data_offsets;
    const { buffer } = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
    tensors.set(name, { shape, data: ELEMENT_TYPES[dtype].read(buffer) });
  }
  return { tensors, metadata };
}

/** An object built of its members as text, since a JavaScript object would move keys such as '0' to the front. */
function jsonObject(members: readonly string[]): string {
  return `{${members.join(',')}}`;
}

function member(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}
