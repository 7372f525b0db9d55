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
