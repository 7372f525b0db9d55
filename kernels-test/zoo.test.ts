import { expect, describe as group, test } from 'vitest';
import { elements } from '../src/core/value.ts';
import { describe, ke, mlp, zoo } from '../src/index.ts';
import { parametersOf } from '../src/model/resolve.ts';
import published from '../src/papers/published.json' with { type: 'json' };

/** What the papers print, or what follows from it: design/networks.md. */
const counted = published
  .flatMap(({ parametersWithBiases }) =>
    Object.entries((parametersWithBiases ?? {}) as Record<string, number | null | undefined>),
  )
  .filter((entry): entry is [string, number] => typeof entry[1] === 'number');

group('the zoo', () => {
  test.each(counted)('has %s with its %d parameters', (name, parameters) => {
    const model = zoo[name];
    expect(model, `no network ${name}`).toBeDefined();
    if (model) expect(describe(model).parameters).toBe(parameters);
  });

  test('has every network that the figures name', () => {
    const named = new Set(published.flatMap(({ zoo: names }) => names ?? []));
    expect([...named].filter((name) => !(name in zoo))).toEqual([]);
  });

  // Printed by the papers without biases, or worked out in design/networks.md for the variants that we state.
  test.each([
    ['dhingra/baseline', 48_858],
    ['dhingra/one-conv', 33_178],
    ['dhingra/optimized', 2_588],
    ['gulati/initial', 95_386],
    ['gulati/condensenet', 94_042],
    ['gulati/condensenet-1', 92_506],
    ['gulati/condensenet-2', 92_378],
    ['gulati/condensenet-3', 93_850],
    ['nahhas/initial', 934],
    ['nahhas/cnn', 7_562],
    ['nahhas/no-dense', 7_554],
    ['nahhas/two', 2_486],
    ['nahhas/double-cnn', 3_771],
    ['nahhas/proposed', 3_918],
  ])('has %s with its %d activations', (name, activations) => {
    expect(describe(zoo[name] ?? expect.unreachable()).activations).toBe(activations);
  });

  test.each([
    ['babu/squeezenet-v1.0', 740_554],
    ['babu/squeezenet-v1.1', 727_626],
    ['babu/alexnet', 49_878_922],
    ['babu/alexnet-gap', 3_717_514],
    ['babu/alexnet-fire', 7_150_666],
    ['ke/baseline', 217_986],
  ])('has %s with the %d parameters of its stated variant', (name, parameters) => {
    expect(describe(zoo[name] ?? expect.unreachable()).parameters).toBe(parameters);
  });

  // design/records.md has their parameters, and the multiply-accumulates of the first.
  test.each([
    ['records/joshwarn', 697],
    ['records/grimov', 1_936],
    ['records/woolly', 3_762],
    ['han/lenet-300-100', 266_610],
    ['han/lenet-5', 431_080],
  ])('has %s with its %d parameters', (name, parameters) => {
    expect(describe(zoo[name] ?? expect.unreachable()).parameters).toBe(parameters);
  });

  test('has records/joshwarn with its multiply-accumulates', () => {
    expect(describe(zoo['records/joshwarn'] ?? expect.unreachable()).macs).toBe(80_576);
  });

  test('has nahhas/efficient-capsnet with the parameters and shapes of each of its layers', () => {
    const model = zoo['nahhas/efficient-capsnet'] ?? expect.unreachable();
    expect(describe(model).layers.map(({ parameters, outputShape }) => [parameters, outputShape])).toEqual([
      [832, [24, 24, 32]],
      [64, [24, 24, 32]],
      [18_496, [22, 22, 64]],
      [128, [22, 22, 64]],
      [36_928, [20, 20, 64]],
      [128, [20, 20, 64]],
      [73_856, [9, 9, 128]],
      [256, [9, 9, 128]],
      [10_496, [1, 16, 8]],
      [20_640, [1, 10, 16]],
      [0, [10]],
    ]);
    const all = parametersOf(model).reduce((sum, { shape }) => sum + elements(shape), 0);
    expect(all).toBe(162_400);
  });

  test('makes each model once', () => expect(zoo['dhingra/baseline']).toBe(zoo['dhingra/baseline']));
});

group('the networks of Ke et al.', () => {
  // filters, size, kernel, layers; parameters and last pooling: design/networks.md, section 4b.
  test.each([
    [64, 64, 5, 3, 217_986, [8, 8, 64]],
    [32, 64, 5, 3, 57_794, [8, 8, 32]],
    [16, 64, 5, 3, 16_098, [8, 8, 16]],
    [8, 64, 5, 3, 4_850, [8, 8, 8]],
    [2, 64, 5, 3, 614, [8, 8, 2]],
    [64, 32, 5, 3, 211_842, [4, 4, 64]],
    [64, 24, 5, 3, 210_946, [3, 3, 64]],
    [64, 20, 5, 3, 210_306, [2, 2, 64]],
    [64, 12, 5, 3, 209_922, [1, 1, 64]],
    [64, 64, 4, 3, 142_530, [8, 8, 64]],
    [64, 64, 3, 3, 83_842, [8, 8, 64]],
    [64, 64, 5, 2, 140_098, [16, 16, 64]],
    [64, 64, 5, 1, 135_938, [32, 32, 64]],
  ])('f=%d s=%d k=%d l=%d', (filters, size, kernel, layers, parameters, last) => {
    const found = describe(ke({ filters, size, kernel, layers }));
    expect(found.parameters).toBe(parameters);
    expect(found.layers.filter(({ type }) => type.endsWith('Pool2d')).at(-1)?.outputShape).toEqual(last);
  });

  test.each([
    [{ filters: 0 }, 'filters must be a positive integer, got 0'],
    [{ size: 4, layers: 5 }, 'an input of 4x4 is too small for 5 poolings'],
    [{ depth: 3 } as object, "unknown option 'depth'"],
  ])('refuse %j', (options, message) => expect(() => ke(options)).toThrow(message));
});

group('the dense networks of Babu and Enouen', () => {
  test.each([
    [{ inputs: 2, depth: 1, width: 8, outputs: 1 }, 33],
    [{ inputs: 2, depth: 3, width: 5, outputs: 1 }, 15 + 30 + 30 + 6],
    [{ inputs: 2, depth: 3, width: 5, outputs: 1, residual: true }, 15 + 30 + 30 + 6],
  ])('%j', (options, parameters) => expect(describe(mlp(options)).parameters).toBe(parameters));

  test('refuse a width of zero', () => expect(() => mlp({ inputs: 2, depth: 1, width: 0, outputs: 1 })).toThrow('width must be'));
});
