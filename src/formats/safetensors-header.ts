import { DataError } from '../core/errors.ts';
import { elements, formatShape, type Shape } from '../core/value.ts';
import { duplicateKey } from './duplicate-key.ts';
import { ELEMENT_TYPES, type ElementTypeName, isElementType } from './safetensors-types.ts';

/** A tensor in the header; offsets count from the first byte after the header. */
export interface Entry {
  readonly dtype: ElementTypeName;
  readonly shape: Shape;
  readonly data_offsets: readonly [number, number];
}

export interface Header {
  /** In the order of their data. */
  readonly entries: readonly (readonly [string, Entry])[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Where the data begins in the file. */
  readonly dataStart: number;
}

/** The reference implementation's limit. */
const MOST_HEADER_BYTES = 100_000_000;

/** Reads and checks everything but the data. Throws a DataError for whatever the format's text does not allow. */
export function readHeader(bytes: Uint8Array): Header {
  if (bytes.length < 8)
    throw new DataError(
      `safetensors: a file is at least 8 bytes, this one has ${bytes.length}; it is truncated or of another kind`,
    );
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true));
  if (length > MOST_HEADER_BYTES)
    throw new DataError(
      `safetensors: the first 8 bytes give a header of ${length} bytes, more than the ${MOST_HEADER_BYTES} allowed; the file is damaged or of another kind`,
    );
  const dataStart = 8 + length;
  if (dataStart > bytes.length)
    throw new DataError(
      `safetensors: the header at offset 8 is ${length} bytes long, but only ${bytes.length - 8} bytes follow; the file is truncated`,
    );
  const header = parseHeader(bytes.subarray(8, dataStart));
  const { __metadata__, ...tensors } = header;
  const metadata = __metadata__ === undefined ? new Map<string, string>() : readMetadata(__metadata__);
  const entries = Object.entries(tensors)
    .map(([name, value]) => [name, readEntry(name, value)] as const)
    .sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);
  checkCoverage(entries, bytes.length - dataStart, dataStart);
  return { entries, metadata, dataStart };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  if (bytes[0] !== 0x7b)
    throw new DataError(
      `safetensors: the header must begin with '{' at offset 8${bytes.length ? `, found byte ${bytes[0]}` : ', but is empty'}`,
    );
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DataError('safetensors: the header at offset 8 is not valid UTF-8', { cause });
  }
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`safetensors: the header at offset 8 is not valid JSON: ${detail}`, { cause });
  }
  if (!isObject(header)) throw new DataError('safetensors: the header at offset 8 is not a JSON object');
  const twice = duplicateKey(text);
  if (twice !== undefined) throw new DataError(`safetensors: the header has the key '${twice}' twice`);
  return header;
}

function readMetadata(value: unknown): ReadonlyMap<string, string> {
  if (!isObject(value))
    throw new DataError(`safetensors: __metadata__ must be an object of strings, got ${JSON.stringify(value)}`);
  const metadata = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string')
      throw new DataError(`safetensors: __metadata__ '${key}' must be a string, got ${JSON.stringify(text)}`);
    metadata.set(key, text);
  }
  return metadata;
}

function readEntry(name: string, value: unknown): Entry {
  const where = `safetensors: tensor '${name}'`;
  if (!isObject(value)) throw new DataError(`${where} must be an object, got ${JSON.stringify(value)}`);
  const { dtype, shape, data_offsets: offsets, ...rest } = value;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined)
    throw new DataError(`${where} has the unknown field '${unknown}'; known are dtype, shape, data_offsets`);
  if (!isElementType(dtype))
    throw new DataError(`${where} has dtype ${JSON.stringify(dtype)}; read are ${Object.keys(ELEMENT_TYPES).join(', ')}`);
  if (!isSizes(shape))
    throw new DataError(`${where}: shape must be an array of integers of at least 0, got ${JSON.stringify(shape)}`);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw new DataError(`${where}: data_offsets must be two integers of at least 0, got ${JSON.stringify(offsets)}`);
  const [begin = 0, end = 0] = offsets;
  const size = ELEMENT_TYPES[dtype].bytes * elements(shape);
  if (end - begin !== size)
    throw new DataError(
      `${where}: shape ${formatShape(shape)} of ${dtype} takes ${size} bytes, but data_offsets ${begin} to ${end} hold ${end - begin}`,
    );
  return { dtype, shape, data_offsets: [begin, end] };
}

/** Every byte of the data must belong to exactly one tensor. */
function checkCoverage(sorted: Header['entries'], dataBytes: number, dataStart: number): void {
  let covered = 0;
  let previous = '';
  for (const [name, { data_offsets }] of sorted) {
    const [begin, end] = data_offsets;
    const where = `safetensors: tensor '${name}' at file offset ${dataStart + begin}`;
    if (end > dataBytes)
      throw new DataError(
        `${where} ends ${end} bytes into the data, but the file holds only ${dataBytes} of data; it is truncated or damaged`,
      );
    if (begin < covered)
      throw new DataError(`${where} overlaps tensor '${previous}', which ends at file offset ${dataStart + covered}`);
    if (begin > covered)
      throw new DataError(
        `${where} leaves a hole of ${begin - covered} bytes before it, from file offset ${dataStart + covered}`,
      );
    covered = end;
    previous = name;
  }
  if (covered < dataBytes)
    throw new DataError(`safetensors: ${dataBytes - covered} bytes from file offset ${dataStart + covered} belong to no tensor`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
