import { exactSine } from '../core/exact-sine.ts';
import { checkSeed, Random } from '../core/random.ts';
import { type Dataset, dataset } from './dataset.ts';
import { checkPointOptions, POINT_STREAMS } from './point-options.ts';

export function sine(options: {
  /** Training points, 1 to a million. */
  points: number;
  /** Test points [1000]. */
  test?: number;
  /** The standard deviation of the noise, 0 to 1000 [0]. */
  noise?: number;
  seed?: number;
}): { train: Dataset; test: Dataset } {
  checkPointOptions('sine', options, ['points', 'test', 'noise', 'seed'], 1000);
  const { points, test = 1000, noise = 0, seed: first = 1 } = options;
  const seed = checkSeed('sine', first);
  const deviates = new Random(seed, POINT_STREAMS.sineNoise);
  return {
    train: drawSplit('train', points, new Random(seed, POINT_STREAMS.sineTrain), () => noise * deviates.normal()),
    test: drawSplit('test', test, new Random(seed, POINT_STREAMS.sineTest), () => 0),
  };
}

function drawSplit(split: string, size: number, random: Random, noise: () => number): Dataset {
  const x = Float32Array.from({ length: size }, () => {
    const drawn = Math.PI * (2 * random.uniform() - 1);
    return Math.min(Math.max(drawn, -LARGEST), LARGEST);
  });
  const y = Float32Array.from(x, (position) => exactSine(position) + noise());
  return dataset({ name: 'sine', split, inputShape: [1], x, y, targetShape: [1] });
}

/** The largest float32 below pi: rounding to the nearest one could leave the interval. */
const LARGEST = 13176794 / 2 ** 22;
