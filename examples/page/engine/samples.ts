import type { Dataset } from 'paredown';
import type { ClassSamples } from './calls.ts';
import type { Splits } from './session.ts';

/** The first images of each class as pixels for a canvas, and how many there are in each split. */
export function samplesOf({ train, validation, test }: Splits, most: number): ClassSamples[] {
  const counts = [train, validation, test].map(countsOf);
  const { classNames = [] } = train;
  return classNames.map((name, label) => {
    const [trained = 0, validated = 0, tested = 0] = counts.map((own) => own[label]);
    return { name, train: trained, validation: validated, test: tested, images: firstOf(train, label, most) };
  });
}

function countsOf({ y, classes = 0 }: Dataset): Uint32Array {
  const counts = new Uint32Array(classes);
  for (const label of y) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

function firstOf({ x, y, inputShape }: Dataset, label: number, most: number): ClassSamples['images'] {
  const [height = 1, width = 1, channels = 1] = inputShape;
  const images: ClassSamples['images'][number][] = [];
  for (let index = 0; index < y.length && images.length < most; index++) {
    if (y[index] !== label) continue;
    const bytes = x.subarray(index * height * width * channels, (index + 1) * height * width * channels);
    images.push({ width, height, data: pixelsOf(bytes, channels) });
  }
  return images;
}

/** Red, green, blue and alpha of grey or coloured bytes. */
export function pixelsOf(bytes: ArrayLike<number>, channels: number): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray((4 * bytes.length) / channels);
  for (let pixel = 0; pixel < bytes.length / channels; pixel++)
    for (let colour = 0; colour < 4; colour++)
      pixels[4 * pixel + colour] = colour === 3 ? 255 : (bytes[channels * pixel + (channels === 3 ? colour : 0)] ?? 0);
  return pixels;
}
