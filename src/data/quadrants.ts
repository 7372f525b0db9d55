import { checkSeed, Random } from '../core/random.ts';
import { type Dataset, dataset } from './dataset.ts';
import { checkPointOptions, POINT_STREAMS } from './point-options.ts';

export function quadrants(options: {
  /** Training points, 1 to a million. The study has 140, and 30 for the test. */
  points: number;
  /** Test points [1000]. */
  test?: number;
  /** 1 to 100 [2]. */
  dimensions?: number;
  noise?: number;
  seed?: number;
}): { train: Dataset; test: Dataset } {
  checkPointOptions('quadrants', options, ['points', 'test', 'dimensions', 'noise', 'seed'], 0.5);
  const { points, test = 1000, dimensions = 2, noise = 0, seed: first = 1 } = options;
  const seed = checkSeed('quadrants', first);
  const train = drawPoints('train', points, dimensions, new Random(seed, POINT_STREAMS.quadrantsTrain));
  flipLabels(train.y, Math.floor(noise * points + 0.5), new Random(seed, POINT_STREAMS.quadrantsNoise));
  return {
    train: dataset(train),
    test: dataset(drawPoints('test', test, dimensions, new Random(seed, POINT_STREAMS.quadrantsTest))),
  };
}

function drawPoints(split: string, size: number, dimensions: number, random: Random) {
  const x = Float32Array.from({ length: size * dimensions }, () => random.normal());
  const y = new Uint8Array(size);
  x.forEach((coordinate, index) => {
    if (coordinate < 0) y[Math.floor(index / dimensions)] = 1 - (y[Math.floor(index / dimensions)] as number);
  });
  return { name: 'quadrants', split, inputShape: [dimensions], x, y, classes: 2 };
}

/** Flips the first `count` of a random order (Fisher, Yates). */
function flipLabels(labels: Uint8Array, count: number, random: Random): void {
  const order = Uint32Array.from(labels, (_, index) => index);
  for (let i = 0; i < count; i++) {
    const other = i + random.below(order.length - i);
    const chosen = order[other] as number;
    order[other] = order[i] as number;
    labels[chosen] = 1 - (labels[chosen] as number);
  }
}
