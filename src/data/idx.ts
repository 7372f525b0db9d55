import { DataError } from '../core/errors.ts';
import { formatShape, type Shape } from '../core/value.ts';

/** The contents of an idx file: an array of `shape` in row-major order. */
export interface IdxArray {
  readonly shape: Shape;
  readonly data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;
}

/** The element types of the format, by the third byte of a file. */
const TYPES: ReadonlyMap<number, { bytes: number; read: (view: DataView, length: number) => IdxArray['data'] }> = new Map([
  [0x08, { bytes: 1, read: (view, length) => new Uint8Array(view.buffer, view.byteOffset, length) }],
  [0x09, { bytes: 1, read: (view, length) => new Int8Array(view.buffer, view.byteOffset, length) }],
  [0x0b, { bytes: 2, read: (view, length) => Int16Array.from({ length }, (_, i) => view.getInt16(2 * i)) }],
  [0x0c, { bytes: 4, read: (view, length) => Int32Array.from({ length }, (_, i) => view.getInt32(4 * i)) }],
  [0x0d, { bytes: 4, read: (view, length) => Float32Array.from({ length }, (_, i) => view.getFloat32(4 * i)) }],
  [0x0e, { bytes: 8, read: (view, length) => Float64Array.from({ length }, (_, i) => view.getFloat64(8 * i)) }],
]);

export function parseIdx(bytes: Uint8Array, source = 'idx data'): IdxArray {
  const fail = (offset: number, problem: string): never => {
    throw new DataError(`${source}, byte ${offset}: ${problem}`);
  };
  if (bytes.length === 0) return fail(0, 'the file is empty; expected an idx header');
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return fail(0, 'expected an idx header, found a gzip file; decompress it first');
  if (bytes.length < 4) return fail(bytes.length, `the file ends inside the 4 bytes of its magic number (${hex(bytes)})`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = TYPES.get(view.getUint8(2));
  const axes = view.getUint8(3);
  if (view.getUint16(0) !== 0 || !type || axes === 0)
    return fail(
      0,
      `expected the magic number of an idx file (00 00, a type of 08, 09, 0b, 0c, 0d or 0e, at least 01 axes), ` +
        `found ${hex(bytes.subarray(0, 4))}`,
    );

  const start = 4 + 4 * axes;
  if (bytes.length < start)
    return fail(bytes.length, `the file ends inside its header: ${axes} sizes need ${start} bytes, found ${bytes.length}`);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const empty = shape.indexOf(0);
  if (empty >= 0) return fail(4 + 4 * empty, `the array is empty: its shape is ${formatShape(shape)}`);

  const needed = shape.reduce((product, size) => product * size, type.bytes);
  const found = bytes.length - start;
  const declared = `the header declares shape ${formatShape(shape)}, ${needed} bytes of data from byte ${start} on`;
  if (needed > found)
    return fail(bytes.length, `${declared}, but the file ends after ${found} of them: it is truncated, or its header is damaged`);
  if (needed < found) return fail(start + needed, `${declared}, but ${found - needed} more bytes follow`);
  return { shape, data: type.read(new DataView(bytes.buffer, bytes.byteOffset + start, needed), needed / type.bytes) };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
