import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { DataError } from '../../core/errors.ts';
import type { Pixels } from '../../data/pixels.ts';
import type { JpegHeader } from './jpeg-header.ts';
import { upright } from './orientation.ts';
import { onlyGrey } from './pixels.ts';

/**
 * The pixels of a JPEG file as libjpeg makes them (accurate integer transform, smooth upsampling of colour), turned as its Exif data
 * ask for. Colour profiles are not applied. Throws a DataError that begins with `path`, also where pixels are missing or made up.
 */
export async function decodeJpeg(file: Uint8Array, header: JpegHeader, path: string): Promise<Pixels> {
  const { rows, columns, channels, arithmetic, orientation } = header;
  if (!arithmetic && rows * columns > LARGEST_RATIO * file.length)
    throw new DataError(
      `${path}: is damaged: its ${file.length} bytes can't hold the ${rows} x ${columns} pixels that it declares`,
    );
  const scans = occurrences(file, START_OF_SCAN);
  if (scans > MAXIMUM_SCANS) throw new DataError(`${path}: has ${scans} scans; at most ${MAXIMUM_SCANS} are read`);
  const image = decode(file, idle ?? (await open()), path);
  if (image.height !== rows || image.width !== columns)
    throw new DataError(`${path}: is damaged: it has ${image.height} x ${image.width} pixels, but declares ${rows} x ${columns}`);
  const bytes = new Uint8Array(rows * columns * channels);
  for (let pixel = 0; pixel < rows * columns; pixel++)
    for (let channel = 0; channel < channels; channel++)
      bytes[pixel * channels + channel] = image.data[4 * pixel + channel] as number;
  return upright(onlyGrey({ rows, columns, channels, bytes }), orientation);
}

/** A block of 8 x 8 pixels takes a bit at least where it is coded by Huffman's method. */
const LARGEST_RATIO = 8 * 64;

/** Progressive files have some twenty; each takes its time for all pixels, however little of it there is. */
const MAXIMUM_SCANS = 1000;

const START_OF_SCAN = Buffer.of(0xff, 0xda);

function occurrences(file: Uint8Array, part: Buffer): number {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  let count = 0;
  for (let at = bytes.indexOf(part); at >= 0; at = bytes.indexOf(part, at + part.length)) count++;
  return count;
}

/** What is drawn in red, green, blue and alpha. */
interface Drawn {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** mozjpeg's libjpeg, compiled to WebAssembly; after a failure it is of no more use. */
interface Decoder {
  decode(file: Uint8Array, turn: boolean): Drawn | null;
}

interface Opened {
  readonly decoder: Decoder;
  /** What libjpeg has to say, since it was last emptied. */
  readonly messages: string[];
}

/**
 * libjpeg's warnings that tell of pixels that are not in the file, which it makes up: a file without its end marker among them, since
 * nobody knows what it lacks. It tells the first of its warnings alone.
 */
const MISSING = /premature end|bad Huffman code|bad arithmetic code|instead of RST/i;

/** After an image of more bytes the decoder is let go, since its memory does not shrink. */
const LARGE = 2 ** 26;

let program: WebAssembly.Module | undefined;
let idle: Opened | undefined;

function decode(file: Uint8Array, opened: Opened, path: string): Drawn {
  const { decoder, messages } = opened;
  idle = undefined;
  messages.length = 0;
  let image: Drawn | null = null;
  try {
    image = withImageData(() => decoder.decode(file, false));
  } catch {
    // It ends like a program that exits; what was wrong it told before.
  }
  if (image === null) throw new DataError(`${path}: is damaged: ${messages.at(-1) ?? 'it is not decoded'}`);
  if (image.data.length <= LARGE) idle = opened;
  const missing = messages.find((message) => MISSING.test(message));
  if (missing) throw new DataError(`${path}: is damaged: ${missing}`);
  return image;
}

type Factory = (overrides: {
  readonly noInitialRun: boolean;
  readonly printErr: (message: string) => void;
  readonly instantiateWasm: (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) => WebAssembly.Exports;
}) => Promise<Decoder>;

async function open(): Promise<Opened> {
  const factory: Factory = (await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js')).default;
  program ??= await compile();
  const compiled = program;
  const messages: string[] = [];
  const opening = withImageData(() =>
    factory({
      noInitialRun: true,
      printErr: (message) => messages.push(message),
      instantiateWasm: (imports, done) => {
        const instance = new WebAssembly.Instance(compiled, imports);
        done(instance);
        return instance.exports;
      },
    }),
  );
  return { decoder: await opening, messages };
}

async function compile(): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');
  return WebAssembly.compile(new Uint8Array(await readFile(path)));
}

class ImageData implements Drawn {
  constructor(
    readonly data: Uint8ClampedArray,
    readonly width: number,
    readonly height: number,
  ) {}
}

/** The decoder makes its result with the browser's class of this name; Node has none, and is to have none afterwards. */
function withImageData<T>(act: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'ImageData');
  Object.defineProperty(globalThis, 'ImageData', { value: ImageData, configurable: true, writable: true });
  try {
    return act();
  } finally {
    if (before) Object.defineProperty(globalThis, 'ImageData', before);
    else Reflect.deleteProperty(globalThis, 'ImageData');
  }
}
