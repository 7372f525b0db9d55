import { DataError } from '../../core/errors.ts';
import { onWhite, type Samples } from '../../data/on-white.ts';
import type { Pixels } from '../../data/pixels.ts';
import { upright } from './orientation.ts';
import { onlyGrey } from './pixels.ts';
import { inflateTo, type PngData, pngData } from './png-data.ts';
import { PALETTE, type PngHeader } from './png-header.ts';
import { type Pass, passesOf, rowBytes, unfiltered } from './png-rows.ts';

/**
 * The pixels of a PNG file as bytes: each sample s of 1 to 16 bits becomes round(255 s / its largest value), what is transparent is
 * laid on white first, palettes are looked up (a colour that the palette lacks is black), and the image is turned as its Exif data
 * ask for. Colour profiles and gamma are not applied; of an animation the still image is taken. What is damaged is read or refused
 * as by libpng, see `pngData` and `inflateTo`. Throws a DataError that begins with `path`.
 */
export function decodePng(file: Uint8Array, header: PngHeader, path: string): Pixels {
  try {
    const data = pngData(file, header);
    const passes = passesOf(header).map((pass) => ({ pass, bytes: rowBytes(pass.columns, header) }));
    const scanlines = inflateTo(
      passes.reduce((sum, { pass, bytes }) => sum + pass.rows * (bytes + 1), 0),
      data.compressed,
    );
    const { rows, columns } = header;
    const channels = header.type === PALETTE || header.channels > 2 ? 3 : 1;
    let image: Uint8Array = new Uint8Array(header.interlaced ? rows * columns * channels : 0);
    let start = 0;
    for (const { pass, bytes } of passes) {
      const end = start + pass.rows * (bytes + 1);
      const part = unfiltered(scanlines.subarray(start, end), pass.rows, bytes, header);
      const pixels = onWhite(samplesOf(part, pass, header, data));
      if (header.interlaced) place(pixels, pass, image, columns, channels);
      else image = pixels;
      start = end;
    }
    return upright(onlyGrey({ rows, columns, channels, bytes: image }), header.orientation);
  } catch (error) {
    throw new DataError(`${path}: is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function samplesOf(bytes: Uint8Array, pass: Pass, header: PngHeader, { palette, transparency }: PngData): Samples {
  const { depth, channels } = header;
  const data = depth === 8 ? bytes : depth === 16 ? shorts(bytes) : unpack(bytes, pass, depth);
  if (header.type === PALETTE) return { data: lookUp(data, palette, transparency), channels: 4, largest: 255 };
  const largest = 2 ** depth - 1;
  if (transparency.length === 0) return { data, channels, largest };
  return { data, channels, largest, transparent: shorts(transparency).map((sample) => sample & largest) };
}

function shorts(bytes: Uint8Array): Uint16Array {
  const data = new Uint16Array(bytes.length >> 1);
  for (let i = 0; i < data.length; i++) data[i] = 256 * (bytes[2 * i] as number) + (bytes[2 * i + 1] as number);
  return data;
}

/** Samples of 1, 2 or 4 bits, of which each row begins with a new byte. */
function unpack(bytes: Uint8Array, { rows, columns }: Pass, depth: number): Uint8Array {
  const data = new Uint8Array(rows * columns);
  const mask = 2 ** depth - 1;
  for (let pixel = 0; pixel < data.length; pixel++) {
    const bit = (pixel % columns) * depth;
    const byte = bytes[Math.floor(pixel / columns) * (bytes.length / rows) + (bit >> 3)] as number;
    data[pixel] = (byte >> (8 - depth - (bit & 7))) & mask;
  }
  return data;
}

/** Red, green, blue and alpha of colours by their numbers in the palette. */
function lookUp(indices: Uint8Array | Uint16Array, palette: Uint8Array, transparency: Uint8Array): Uint8Array {
  const data = new Uint8Array(4 * indices.length);
  for (let pixel = 0; pixel < indices.length; pixel++) {
    const index = indices[pixel] as number;
    for (let colour = 0; colour < 3; colour++) data[4 * pixel + colour] = palette[3 * index + colour] ?? 0;
    data[4 * pixel + 3] = transparency[index] ?? 255;
  }
  return data;
}

/** Puts the pixels of a pass where they belong in the image. */
function place(part: Uint8Array, pass: Pass, image: Uint8Array, columns: number, channels: number): void {
  let source = 0;
  for (let y = 0; y < pass.rows; y++)
    for (let x = 0; x < pass.columns; x++) {
      const target = ((pass.row + y * pass.rowStep) * columns + pass.column + x * pass.columnStep) * channels;
      for (let channel = 0; channel < channels; channel++) image[target + channel] = part[source++] as number;
    }
}
