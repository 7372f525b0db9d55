import { crc32, deflateSync } from 'node:zlib';
import { encode } from 'fast-png';

/** A chunk of a PNG file with its checksum. */
export function chunk(type: string, data: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(Buffer.from(type, 'latin1'), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** A PNG file by hand: `scanlines` are what is compressed, each with its filter byte; `before` are chunks before the data. */
export function rawPng(
  [width, height]: readonly [number, number],
  { depth = 8, type = 0, interlaced = false }: { depth?: number; type?: number; interlaced?: boolean },
  scanlines: ArrayLike<number>,
  before: readonly Uint8Array[] = [],
): Uint8Array {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  const fields = new Uint8Array(header.buffer);
  fields.set([depth, type, 0, 0, interlaced ? 1 : 0], 8);
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  const data = chunk('IDAT', deflateSync(Uint8Array.from(scanlines)));
  return Uint8Array.from([signature, chunk('IHDR', fields), ...before, data, chunk('IEND', [])].flatMap((part) => [...part]));
}

/** A chunk with a wrong checksum. */
export function broken(whole: Uint8Array): Uint8Array {
  return whole.map((byte, i) => (i === whole.length - 1 ? byte ^ 1 : byte));
}

/** A file of one chunk IDAT that declares another size. */
export function sized(file: Uint8Array, width: number, height: number): Uint8Array {
  const fields = file.slice(16, 29);
  const view = new DataView(fields.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  return Uint8Array.from([...file.subarray(0, 8), ...chunk('IHDR', fields), ...file.subarray(33)]);
}

/** A file of IHDR, IDAT and IEND alone with other chunks IDAT; undefined stands for a chunk of another kind. */
export function withData(file: Uint8Array, ...parts: (ArrayLike<number> | undefined)[]): Uint8Array {
  const chunks = parts.map((part) => (part ? chunk('IDAT', part) : chunk('tEXt', [65, 0])));
  return Uint8Array.from([file.subarray(0, 33), ...chunks, file.subarray(-12)].flatMap((part) => [...part]));
}

/** A file with the right checksum in each chunk, as far as it has chunks. */
export function resealed(file: Uint8Array): Uint8Array {
  const bytes = file.slice();
  const view = new DataView(bytes.buffer);
  for (let start = 8; start + 12 <= bytes.length; ) {
    const end = start + 12 + view.getUint32(start);
    if (end > bytes.length) break;
    view.setUint32(end - 4, crc32(bytes.subarray(start + 4, end - 4)));
    start = end;
  }
  return bytes;
}

/** The rows, each behind the filter 0, of the seven passes of an interlaced image of one sample a pixel. */
export function interlacedRows(values: Uint8Array, [columns, rows]: readonly [number, number], depth: 1 | 2 | 4): number[] {
  const lines: number[] = [];
  // The pass that each pixel of a square of eight belongs to (PNG Specification, 8.2).
  const square = ['16462646', '77777777', '56565656', '77777777', '36463646', '77777777', '56565656', '77777777'];
  for (let pass = 1; pass <= 7; pass++)
    for (let row = 0; row < rows; row++) {
      const line = Array.from({ length: columns }, (_, column) => column).filter((c) => square[row % 8]?.[c % 8] === `${pass}`);
      if (line.length === 0) continue;
      const bits = line.map((c) => (values[row * columns + c] as number).toString(2).padStart(depth, '0')).join('');
      lines.push(0);
      for (let at = 0; at < bits.length; at += 8) lines.push(Number.parseInt(bits.slice(at, at + 8).padEnd(8, '0'), 2));
    }
  return lines;
}

/** A grey image of 8 bits, [rows, columns], the pixels from a number: different numbers below 2^16 give different images. */
export function greyPng(number: number, rows = 4, columns = 4): Uint8Array {
  return encode({ width: columns, height: rows, channels: 1, data: greyPixels(number, rows, columns) });
}

export function greyPixels(number: number, rows = 4, columns = 4): Uint8Array {
  const data = Uint8Array.from({ length: rows * columns }, (_, i) => (number * 7 + i * 31) & 255);
  data[0] = number & 255;
  data[1] = number >> 8;
  return data;
}
