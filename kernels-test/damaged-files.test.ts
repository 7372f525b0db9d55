import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseIdx } from '../src/data/idx.ts';
import { decodeSafetensors, encodeSafetensors } from '../src/formats/safetensors.ts';
import { decodeOnnx } from '../src/import/onnx/decode.ts';
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
import { COUNT, outcomes } from './support/mutations.ts';
import { mutatedGraph } from './support/onnx-mutations.ts';
import { kerasConvolutions, quantized, torchDenseNet, torchLeNet, torchMobileNet } from './support/onnx-networks.ts';
import { chunk, greyPng, interlacedRows, rawPng, resealed } from './support/png-files.ts';
import { torchSafetensors } from './support/torch-weights.ts';

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

const NETWORKS = [torchLeNet, torchMobileNet, torchDenseNet, kerasConvolutions, quantized].map((make) => make().bytes);
const SAFETENSORS = [
  torchSafetensors(),
  encodeSafetensors(new Map([['a', { shape: [2, 3], data: new Float32Array(6) }]]), new Map([['k', 'v']])),
];

describe('a thousand damaged files are read or refused by a DataError, in bounded time and memory:', () => {
  it.each<[string, readonly Uint8Array[], (file: Uint8Array) => unknown, typeof mutatedGraph?]>([
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
    ['ONNX', NETWORKS, decodeOnnx],
    ['ONNX whose numbers and names are changed, and fit in their places', NETWORKS, decodeOnnx, mutatedGraph],
    ['safetensors', SAFETENSORS, decodeSafetensors],
  ])(
    '%s',
    async (_, files, read, mutate) => {
      const before = process.memoryUsage().rss;
      const outcome = await outcomes(files, read, mutate);
      expect(outcome.read + outcome.refused).toBe(COUNT);
      expect(outcome.refused).toBeGreaterThan(COUNT / 10);
      // The files are of some hundred bytes, or some thousand; what they declare is allocated only where so many bytes can hold it.
      expect(process.memoryUsage().rss - before).toBeLessThan(512 * 2 ** 20);
    },
    120_000,
  );
});
