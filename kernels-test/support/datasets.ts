import { Random } from '../../src/core/random.ts';
import { elements } from '../../src/core/value.ts';
import { type Dataset, dataset } from '../../src/node.ts';

/** Normal deviates with labels at random. */
export function noise(size: number, inputShape: readonly number[], classes: number, seed = 1): Dataset {
  const random = new Random(seed, 0x6e6f);
  const x = Float32Array.from({ length: size * elements(inputShape) }, () => random.normal());
  return dataset({ name: 'noise', inputShape, classes, x, y: Uint8Array.from({ length: size }, () => random.below(classes)) });
}

/** Normal deviates and targets that are a linear function of them, plus noise. */
export function regression(size: number, inputs: number, outputs: number, seed = 1): Dataset {
  const random = new Random(seed, 0x7265);
  const x = Float32Array.from({ length: size * inputs }, () => random.normal());
  const slopes = Float32Array.from({ length: inputs * outputs }, () => 2 * random.normal());
  const y = Float32Array.from({ length: size * outputs }, (_, index) => {
    const [sample, output] = [Math.floor(index / outputs), index % outputs];
    let sum = 0.5 * random.normal();
    for (let i = 0; i < inputs; i++) sum += (x[sample * inputs + i] ?? 0) * (slopes[i * outputs + output] ?? 0);
    return sum;
  });
  return dataset({ name: 'line', inputShape: [inputs], targetShape: [outputs], x, y });
}

/** Sample i is the i-th unit vector: so a linear layer's weights tell which samples were seen. */
export function unitVectors(size: number): Dataset {
  const x = new Float32Array(size * size);
  for (let i = 0; i < size; i++) x[i * size + i] = 1;
  return dataset({ name: 'unit vectors', inputShape: [size], targetShape: [1], x, y: new Float32Array(size).fill(1) });
}
