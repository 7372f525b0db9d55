import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DataError } from '../src/core/errors.ts';
import { parseIdx } from '../src/data/idx.ts';
import { gunzip } from '../src/node/gunzip.ts';
import { decodeImage, imageHeader } from '../src/node/images/decode.ts';
import { idxImages } from './support/data-files.ts';
import { exifOf } from './support/exif.ts';
import {
  BASELINE_JPEG,
  CMYK_JPEG,
  exifSegment,
  GREY_JPEG,
  PROGRESSIVE_JPEG,
  RESTARTS_JPEG,
  withSegments,
} from './support/jpeg-files.ts';
import { chunk, greyPng, interlacedRows, rawPng, resealed } from './support/png-files.ts';

/** The same numbers from 0 to below 2^32 in each run (Numerical Recipes' linear congruential generator). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A file with a few bytes changed, and at times cut, lengthened, or with a part of it elsewhere. */
function mutated(file: Uint8Array, random: (below: number) => number): Uint8Array {
  const bytes = [...file];
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(bytes.length);
    const kind = random(8);
    if (kind < 4) bytes[at] = random(256);
    else if (kind === 4) bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random(5)] as number;
    else if (kind === 5) bytes.splice(at, 1 + random(8));
    else if (kind === 6) bytes.splice(at, 0, ...bytes.slice(random(bytes.length)).slice(0, 16));
    else bytes.length = Math.max(1, at);
  }
  return Uint8Array.from(bytes);
}

const COUNT = 1000;

/** What `read` makes of each mutation: how many it read, and how many it refused by a DataError. Any other error fails the test. */
async function outcomes(files: readonly Uint8Array[], read: (file: Uint8Array) => unknown) {
  const random = randomNumbers(1);
  const outcome = { read: 0, refused: 0 };
  for (let i = 0; i < COUNT; i++) {
    const file = mutated(files[i % files.length] as Uint8Array, random);
    try {
      await read(file);
      outcome.read++;
    } catch (error) {
      if (!(error instanceof DataError)) throw new Error(`mutation ${i}: ${Buffer.from(file).toString('hex')}`, { cause: error });
      outcome.refused++;
    }
  }
  return outcome;
}

/** The image by its header, and its pixels, which must be of that size. */
async function readWhole(file: Uint8Array): Promise<void> {
  const { rows, columns, channels, bytes } = await decodeImage(file, 'a');
  expect(bytes.length).toBe(rows * columns * channels);
  expect(imageHeader(file, 'a')).toMatchObject({ rows, columns });
}

const colours = chunk('PLTE', [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]);
const indices = Uint8Array.from({ length: 7 * 9 }, (_, i) => i % 4);
const PNGS = [
  greyPng(7, 9, 8),
  rawPng([3, 2], { type: 2 }, [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9], [chunk('tRNS', [0, 1, 0, 2, 0, 3])]),
  rawPng([7, 9], { depth: 2, type: 3, interlaced: true }, interlacedRows(indices, [7, 9], 2), [colours, chunk('tRNS', [0, 99])]),
  rawPng([2, 2], { depth: 16, type: 6 }, [4, ...new Uint8Array(16).fill(200), 3, ...new Uint8Array(16).fill(90)]),
  rawPng([3, 1], {}, [0, 1, 2, 3], [chunk('eXIf', exifOf(6)), chunk('iCCP', [65, 0, 0])]),
];
const JPEGS = [BASELINE_JPEG, RESTARTS_JPEG, PROGRESSIVE_JPEG, GREY_JPEG, CMYK_JPEG].map(({ file }) => file);

describe('a thousand damaged files are read or refused by a DataError, in bounded time and memory:', () => {
  it.each<[string, readonly Uint8Array[], (file: Uint8Array) => unknown]>([
    ['PNG', PNGS, readWhole],
    // With right checksums the damage reaches what is behind them.
    ['PNG with its checksums made right', PNGS, (file) => readWhole(resealed(file))],
    ['JPEG', [...JPEGS, withSegments(BASELINE_JPEG.file, exifSegment(exifOf(5)))], readWhole],
    [
      'gzip',
      [gzipSync(idxImages(3, 5)), Buffer.concat([gzipSync('one'), gzipSync('two'), Buffer.alloc(9)])].map(
        (file) => new Uint8Array(file),
      ),
      (file) => gunzip(file, 1e6, 'a'),
    ],
    ['idx', [idxImages(3, 5)], (file) => parseIdx(file, 'a')],
  ])(
    '%s',
    async (_, files, read) => {
      const before = process.memoryUsage().rss;
      const outcome = await outcomes(files, read);
      expect(outcome.read + outcome.refused).toBe(COUNT);
      expect(outcome.refused).toBeGreaterThan(COUNT / 10);
      // The files are of some hundred bytes; what they declare is allocated only where so many bytes can hold it.
      expect(process.memoryUsage().rss - before).toBeLessThan(512 * 2 ** 20);
    },
    120_000,
  );
});
