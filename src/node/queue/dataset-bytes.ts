import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import { isRecord } from '../../core/arguments.ts';
import { DataError } from '../../core/errors.ts';
import { type Dataset, type DatasetOptions, dataset } from '../../data/dataset.ts';

/** Bytes of a piece before it is packed: Redis holds no value of more than 512 MB, and a client that gets one holds all of it. */
const PIECE = 32 * 2 ** 20;

const ARRAYS = { Uint8Array, Int32Array, Float32Array };
type ArrayName = keyof typeof ARRAYS;
type NumberArray = Uint8Array | Int32Array | Float32Array;

const pack = promisify(deflate);
const unpack = promisify(inflate);

/** A data set as packed pieces: its description as JSON, then the pixels, the labels and what else it has. */
export async function* datasetPieces(data: Dataset): AsyncGenerator<Buffer, void, undefined> {
  const { x, y, teacherLogits, ...description } = data;
  const arrays = { x, y, ...(teacherLogits && { teacherLogits }) };
  const kinds = Object.entries(arrays).map(([name, array]) => ({ name, kind: array.constructor.name, bytes: array.byteLength }));
  yield pack(JSON.stringify({ format: 1, description, arrays: kinds }));
  for (const { buffer, byteOffset, byteLength } of Object.values(arrays)) {
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    for (let from = 0; from < byteLength; from += PIECE) yield pack(bytes.subarray(from, from + PIECE), { level: 1 });
  }
}

/** Puts the pieces together again. Throws a DataError for pieces that make no data set. */
export async function datasetOf(pieces: AsyncIterable<Uint8Array>): Promise<Dataset> {
  const unpacked: Buffer[] = [];
  for await (const piece of pieces) unpacked.push(await unpack(piece));
  const [head = Buffer.alloc(0), ...rest] = unpacked;
  const { format, description, arrays } = JSON.parse(head.toString()) as {
    format: unknown;
    description: Omit<DatasetOptions, 'x' | 'y'>;
    arrays: { name: string; kind: ArrayName; bytes: number }[];
  };
  if (format !== 1 || !isRecord(description))
    throw new DataError(`A data set of format ${JSON.stringify(format)}; this version reads 1`);
  const body = Buffer.concat(rest);
  let offset = 0;
  const read: Record<string, NumberArray> = {};
  for (const { name, kind, bytes } of arrays) {
    // A copy of its own, since floats must begin at a multiple of their size.
    const { buffer } = Uint8Array.from(body.subarray(offset, offset + bytes));
    read[name] = new ARRAYS[kind](buffer);
    offset += bytes;
  }
  const { x, y, teacherLogits } = read;
  if (!x || !y || x instanceof Int32Array) throw new DataError('A data set without samples or labels');
  return dataset({ ...description, x, y, ...(teacherLogits instanceof Float32Array && { teacherLogits }) });
}
