import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { conv2d, dense, flatten, maxPool2d, model, parseModel } from '../src/index.ts';
import type { Layer } from '../src/model/types.ts';
import { costsOf } from '../src/search/costs.ts';
import type { Recipe } from '../src/search/recipe.ts';
import { type Known, Surrogate } from '../src/search/surrogate.ts';
import type { TrialRecord } from '../src/search/trial.ts';
import { meanAccuracy } from '../src/search/trial.ts';

const network = (layers: readonly Layer[], recipe?: Recipe) => {
  const m = model([28, 28, 1], [...layers, flatten(), dense(10)]);
  return { model: m, costs: costsOf(m), ...(recipe && { recipe }) };
};
const known = (accuracy: number, layers: readonly Layer[], recipe?: Recipe): Known => ({ ...network(layers, recipe), accuracy });

/** Spearman's, of values that are all different. */
function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]) => {
    const sorted = [...values].sort((x, y) => x - y);
    return values.map((value) => sorted.indexOf(value));
  };
  const [x, y] = [ranks(a), ranks(b)];
  const squares = x.reduce((sum, rank, index) => sum + (rank - (y[index] ?? 0)) ** 2, 0);
  return 1 - (6 * squares) / (a.length * (a.length ** 2 - 1));
}

describe('the guess at an accuracy', () => {
  test('of a known network is near what is known, and of one alone that', () => {
    const seen = [2, 4, 6, 8, 12, 16].map((filters) => known(0.9 + filters / 200, [conv2d(filters, 5, { strides: 2 })]));
    for (const one of seen) expect(Math.abs(new Surrogate(seen).accuracyOf(one) - one.accuracy)).toBeLessThan(0.01);
    const [first] = seen;
    if (first) expect(new Surrogate([first]).accuracyOf(network([maxPool2d(4)]))).toBeCloseTo(first.accuracy, 6);
  });

  test('sees layers, and the recipe, where costs are the same', () => {
    const sizes = [2, 3, 4, 6, 8, 12];
    const bare = (filters: number) => [conv2d(filters, 5, { strides: 2 })];
    const active = (filters: number) => [conv2d(filters, 5, { strides: 2, activation: 'relu' })];
    const layers = new Surrogate(sizes.flatMap((size) => [known(0.8, bare(size)), known(0.9, active(size))]));
    expect(layers.accuracyOf(network(active(5)))).toBeGreaterThan(layers.accuracyOf(network(bare(5))) + 0.05);
    const batch = { batch: 128 };
    const recipes = new Surrogate(sizes.flatMap((size) => [known(0.9, bare(size)), known(0.8, bare(size), batch)]));
    expect(recipes.accuracyOf(network(bare(5)))).toBeGreaterThan(recipes.accuracyOf(network(bare(5), batch)) + 0.05);
  });

  test('is a share, also for what is right always, or never', () => {
    const surrogate = new Surrogate([known(1, [conv2d(2, 5)]), known(0, [conv2d(4, 5)]), known(1, [maxPool2d(2)])]);
    for (const layers of [[conv2d(64, 9)], [maxPool2d(28)]]) {
      const guess = surrogate.accuracyOf(network(layers));
      expect(guess).toBeGreaterThan(0);
      expect(guess).toBeLessThan(1);
    }
  });

  /** By costs and depth alone, as it was guessed before, these were 0.52 and 0.78. */
  test.each([
    ['95', 0.68],
    ['97.8', 0.84],
  ])('orders the first rung of the kept search at %s percent, each network by those before it', (floor, least) => {
    const file = fileURLToPath(new URL(`../docs/results/search-mnist-${floor}/trials.jsonl`, import.meta.url));
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const records = lines.map((line) => JSON.parse(line) as Omit<TrialRecord, 'costs' | 'model'> & { readonly model: unknown });
    const seen = records
      .sort((a, b) => a.number - b.number)
      .flatMap((record): Known[] => {
        const m = parseModel(record.model);
        const trial = { ...record, model: m, costs: costsOf(m) };
        const accuracy = meanAccuracy(trial);
        return record.samples === 61111 && accuracy !== undefined ? [{ model: m, costs: trial.costs, accuracy }] : [];
      });
    const asked = Array.from(seen.keys()).filter((index) => index >= 30);
    const guesses = asked.map((index) => new Surrogate(seen.slice(0, index)).accuracyOf(seen[index] ?? expect.fail()));
    const accuracies = asked.map((index) => seen[index]?.accuracy ?? 0);
    expect(rankCorrelation(guesses, accuracies)).toBeGreaterThan(least);
  });
});
