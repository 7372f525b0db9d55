import { threefry2x32 } from '../../src/core/threefry.ts';
import type { AugmentationSpec } from '../../src/kernels/augmentation.ts';
import { UNIT } from './rounding.ts';

/** Separates augmentation from other uses of a seed. */
const STREAM = 0x4155474d;

/** What one image gets. Pairs are [down, right]. */
export interface Drawn {
  readonly shift: readonly [number, number];
  /** Radians, counter-clockwise to the eye. */
  readonly angle: number;
  readonly scale: number;
  readonly crop: readonly [number, number];
  readonly flip: readonly [boolean, boolean];
  /** Where the erased rectangle begins. */
  readonly erase: readonly [number, number] | undefined;
}

/** The random numbers of shaders/lib/augmentation.wgsl for a row of the batch at a step. `image` is [height, width, channels]. */
export function drawnFor(spec: AugmentationSpec, image: readonly number[], seed: number, step: number, row: number): Drawn {
  const words = (k: number) => threefry2x32(seed, STREAM, step, 8 * row + k);
  const around = ([a, b]: readonly [number, number], most: readonly [number, number]): [number, number] => [
    (a % (2 * most[0] + 1)) - most[0],
    (b % (2 * most[1] + 1)) - most[1],
  ];
  const unit = (word: number) => (word >>> 8) / 2 ** 24;
  const [turn, size] = words(1);
  const [flips, erases] = words(3);
  const place = words(4);
  const [height = 1, width = 1] = image;
  return {
    shift: around(words(0), spec.shift),
    angle: ((2 * unit(turn) - 1) * spec.rotation * Math.PI) / 180,
    scale: spec.scale[0] + (spec.scale[1] - spec.scale[0]) * unit(size),
    crop: around(words(2), spec.crop),
    flip: [/vertical|both/.test(spec.flip) && (flips & 2) !== 0, /horizontal|both/.test(spec.flip) && (flips & 1) !== 0],
    erase:
      unit(erases) < spec.erase.probability
        ? [place[0] % (height - spec.erase.size[0] + 1), place[1] % (width - spec.erase.size[1] + 1)]
        : undefined,
  };
}

/** Whether an augmentation only moves pixels, so that the result is exact. */
export function isExact({ rotation, scale }: AugmentationSpec): boolean {
  return rotation === 0 && scale[0] === 1 && scale[1] === 1;
}

/**
 * One image [height, width, channels] augmented in float64, step by step as it is described: each stage makes a whole image, the first
 * by bilinear sampling. `error` is what float32 arithmetic on the GPU may lose, the same for each pixel.
 */
export function augmentedImage(
  values: Float64Array,
  image: readonly number[],
  spec: AugmentationSpec,
  drawn: Drawn,
  offset: number,
): { values: Float64Array; error: number } {
  const [height = 1, width = 1, channels = 1] = image;
  const fill = Math.fround(spec.fill ?? offset);
  type Pixels = (down: number, right: number, channel: number) => number;
  const stage = (pixel: Pixels): Pixels => {
    const made = new Float64Array(height * width * channels);
    for (let i = 0; i < made.length; i++) {
      const place = Math.floor(i / channels);
      made[i] = pixel(Math.floor(place / width), place % width, i % channels);
    }
    return reader(made);
  };
  const reader =
    (source: Float64Array): Pixels =>
    (down, right, channel) =>
      down < 0 || right < 0 || down >= height || right >= width
        ? fill
        : (source[(down * width + right) * channels + channel] as number);

  const original = reader(values);
  const [cosine, sine] = [Math.cos(drawn.angle) / drawn.scale, Math.sin(drawn.angle) / drawn.scale];
  const [middle, centre] = [(height - 1) / 2, (width - 1) / 2];
  const warped = stage((down, right, channel) => {
    if (isExact(spec)) return original(down - drawn.shift[0], right - drawn.shift[1], channel);
    const [below, beside] = [down - drawn.shift[0] - middle, right - drawn.shift[1] - centre];
    const y = middle + cosine * below + sine * beside;
    const x = centre + cosine * beside - sine * below;
    let value = 0;
    for (const [row, column] of [0, 1, 2, 3].map((i) => [Math.floor(y) + (i >> 1), Math.floor(x) + (i & 1)] as const))
      value += (1 - Math.abs(y - row)) * (1 - Math.abs(x - column)) * original(row, column, channel);
    return value;
  });
  const cropped = stage((down, right, channel) => warped(down + drawn.crop[0], right + drawn.crop[1], channel));
  const flipped = stage((down, right, channel) =>
    cropped(drawn.flip[0] ? height - 1 - down : down, drawn.flip[1] ? width - 1 - right : right, channel),
  );
  const { erase } = drawn;
  const result = new Float64Array(values.length);
  const erased = (down: number, right: number) =>
    erase !== undefined &&
    down >= erase[0] &&
    right >= erase[1] &&
    down < erase[0] + spec.erase.size[0] &&
    right < erase[1] + spec.erase.size[1];
  stage((down, right, channel) => {
    const value = erased(down, right) ? fill : flipped(down, right, channel);
    result[(down * width + right) * channels + channel] = value;
    return value;
  });
  return { values: result, error: isExact(spec) ? 0 : warpError(values, spec, drawn, fill, height, width) };
}

/**
 * Of a quarter of the angle, the series and their argument are within 6 UNIT; doubling an angle makes that 20 and then 82, and the
 * division by the scale, itself within 3 UNIT, adds 8. So a coordinate, at most `reach` from the centre before it is divided, is off
 * by 90 UNIT reach / scale, and by a few roundings of numbers as large as itself. A bilinear value changes by at most the range of
 * the values for each pixel of either coordinate; the interpolation rounds 8 times.
 */
function warpError(
  values: Float64Array,
  spec: AugmentationSpec,
  { scale }: Drawn,
  fill: number,
  height: number,
  width: number,
): number {
  const reach = height + spec.shift[0] + width + spec.shift[1];
  const coordinate = (90 * UNIT * reach) / scale + 6 * UNIT * (reach / scale + height + width);
  const [least, most] = [values.reduce((a, b) => Math.min(a, b), fill), values.reduce((a, b) => Math.max(a, b), fill)];
  return 2 * coordinate * (most - least) + 8 * UNIT * Math.max(Math.abs(least), Math.abs(most));
}
