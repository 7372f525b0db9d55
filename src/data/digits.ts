import { refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { checkSeed, Random } from '../core/random.ts';
import { shown } from '../core/shown.ts';
import { numbered } from './class-names.ts';
import { type Dataset, dataset } from './dataset.ts';
import { randomAffine, randomElastic } from './digits/distortion.ts';
import { drawStrokes, SIDE } from './digits/raster.ts';
import { scan } from './digits/scan.ts';
import { type Polyline, writeTemplate } from './digits/strokes.ts';
import { TEMPLATES, type Template } from './digits/templates.ts';

const SPLITS = ['train', 'validation', 'test'] as const;
type Split = (typeof SPLITS)[number];

const CLASSES = 10;

export function digits(options: { train?: number; test?: number; seed?: number } = {}): {
  train: Dataset;
  validation: Dataset;
  test: Dataset;
} {
  refuseUnknown('digits', options, ['train', 'test', 'seed']);
  const { train = 10_000, test = 2_000, seed: first = 1 } = options;
  const seed = checkSeed('digits', first);
  for (const [key, size] of Object.entries({ train, test }))
    if (!Number.isInteger(size) || size < 1 || size > MAXIMUM_SIZE)
      throw new OptionError(`digits: ${key} must be an integer from 1 to ${MAXIMUM_SIZE}, got ${shown(size)}`);
  return {
    train: drawSplit('train', train, seed),
    validation: drawSplit('validation', test, seed),
    test: drawSplit('test', test, seed),
  };
}

/** A million samples are 784 MB. */
const MAXIMUM_SIZE = 1_000_000;

function drawSplit(split: Split, size: number, seed: number): Dataset {
  const x = new Uint8Array(size * SIDE * SIDE);
  const y = new Uint8Array(size);
  const ink = new Float64Array(SIDE * SIDE);
  for (let begin = 0; begin < size; begin += CLASSES) {
    const labels = randomFor(seed, split, 'labels', begin / CLASSES).permutation(CLASSES);
    for (let index = begin; index < Math.min(begin + CLASSES, size); index++) {
      const label = labels[index - begin] as number;
      y[index] = label;
      drawDigit(label, ink, x.subarray(index * ink.length, (index + 1) * ink.length), randomFor(seed, split, 'image', index));
    }
  }
  return dataset({ name: 'digits', split, inputShape: [SIDE, SIDE, 1], x, y, classes: CLASSES, classNames: numbered(CLASSES) });
}

/** The random numbers of one image, or of one run of ten labels. */
function randomFor(seed: number, split: Split, use: 'labels' | 'image', index: number): Random {
  const block = 1 + 2 * SPLITS.indexOf(split) + (use === 'image' ? 1 : 0);
  return new Random(seed, block * 0x1000000 + index);
}

/** Draws one digit into `bytes`; `ink` is scratch memory of the same size. */
function drawDigit(label: number, ink: Float64Array, bytes: Uint8Array, random: Random): void {
  const unsteadiness = 0.015 + 0.03 * random.uniform();
  const strokes = writeTemplate(oneOf(TEMPLATES[label] as readonly Template[], random), unsteadiness, random);
  const affine = randomAffine(random);
  const elastic = randomElastic(0.5 + 1.5 * random.uniform(), random);
  const begin = 0.65 + 1.15 * random.uniform();
  const end = begin * (0.7 + 0.5 * random.uniform());
  const edge = 0.9 + 0.9 * random.uniform();
  ink.fill(0);
  drawStrokes(
    ink,
    strokes.map((stroke): Polyline => stroke.map((point) => elastic(affine(point)))),
    { begin, end, edge },
  );
  if (random.uniform() < 0.2) drawStrokes(ink, [strayMark(random)], { begin: 0.6, end: 1.1, edge });
  scan(ink, bytes, random);
}

/** A short line near the border, such as a neighbouring digit or a blot leaves. */
function strayMark(random: Random): Polyline {
  const along = SIDE * random.uniform();
  const across = random.uniform() < 0.5 ? 3 * random.uniform() : SIDE - 3 * random.uniform();
  const [x, y] = random.uniform() < 0.5 ? [along, across] : [across, along];
  const dx = 4 * random.normal();
  const dy = 4 * random.normal();
  return [
    [x, y],
    [x + dx, y + dy],
  ];
}

function oneOf<T>(choices: readonly T[], random: Random): T {
  return choices[random.below(choices.length)] as T;
}
