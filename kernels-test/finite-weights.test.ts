import { expect, test } from 'vitest';
import { DataError, dense, factorize, model, prune } from '../src/node.ts';
import { drawnWeights } from './support/exported-models.ts';

test('weights that are not finite are neither pruned nor factorised', () => {
  const m = model([6], [dense(6)]);
  const data = new Float32Array(36).fill(Number.NaN, 5);
  const weights = new Map(drawnWeights(m, 1)).set('dense_1/weights', { shape: [6, 6], data });
  for (const made of [() => prune(weights, { sparsity: 0.5 }), () => factorize(m, weights, { rank: 1 })]) {
    expect(made).toThrow(DataError);
    expect(made).toThrow(/^(prune|factorize): 'dense_1\/weights' has weights that are not finite/);
  }
});
