import { type Gpu, type Model, sgd } from '../../src/node.ts';
import { noise } from './datasets.ts';
import { baseline, optimised } from './models.ts';
import { trainingDifferences } from './training-differences.ts';

export const publishedNetworks: Readonly<Record<string, () => Model>> = { baseline, optimised };

/** Three steps, the last of a short batch, in batches that are large enough for the variants of the published training. */
export function publishedDifferences(gpu: Gpu, m: Model): Promise<string[]> {
  const options = { batch: 10, optimizer: sgd({ learningRate: 0.001, momentum: 0.5 }) };
  return trainingDifferences(gpu, m, noise(25, [28, 28, 1], 10), 10 * 784, options);
}
