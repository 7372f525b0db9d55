import { describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements } from '../src/core/value.ts';
import { wilsonInterval } from '../src/core/wilson.ts';
import { exportGraph } from '../src/deploy/graph.ts';
import { describe as describeModel, encodeModel, type Value, zoo } from '../src/index.ts';
import { initialValue } from '../src/model/initialise.ts';
import { parametersOf } from '../src/model/resolve.ts';
import { holdsFloor, lowerBound } from '../src/search/bound.ts';
import { costsOf, excess, objective, scoreOf } from '../src/search/costs.ts';
import { leastCost, paretoFront } from '../src/search/front.ts';
import { sampleModel } from '../src/search/space/sample.ts';
import { DEFAULT_SPACE } from '../src/search/space/space.ts';

describe('the bound', () => {
  // Student's t at 95%, one-sided: 6.3138 for 1 degree of freedom, 2.1318 for 4, 1.8331 for 9 (any printed table).
  test.each([
    [[0, 2], 1 - (6.3138 * Math.SQRT2) / Math.SQRT2],
    [[1, 2, 3, 4, 5], 3 - 2.1318 * Math.sqrt(2.5 / 5)],
    [[1, 1, 1, 1, 1, 3, 3, 3, 3, 3], 2 - 1.8331 * Math.sqrt(10 / 9 / 10)],
    [[0.5, 0.5, 0.5], 0.5],
  ])('of %j is %d', (values, bound) => {
    expect(lowerBound(values)).toBeCloseTo(bound, 3);
  });

  test('is none for one value, and rises with less confidence', () => {
    expect(lowerBound([1])).toBeUndefined();
    expect(lowerBound([])).toBeUndefined();
    expect(lowerBound([1, 2, 3], 0.8) ?? 0).toBeGreaterThan(lowerBound([1, 2, 3], 0.95) ?? 0);
    expect(() => lowerBound([1, 2], 1)).toThrow('between 0 and 1');
  });

  test('lies below the true mean in 95 of 100 samples', () => {
    const random = new Random(1, 0);
    const trials = 4000;
    let below = 0;
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from({ length: 5 }, () => random.normal());
      if ((lowerBound(values) ?? Infinity) < 0) below++;
    }
    // Four standard deviations of a share of 4000.
    expect(Math.abs(below / trials - 0.95)).toBeLessThan(4 * Math.sqrt((0.95 * 0.05) / trials));
  });

  test('holds a floor from five seeds on', () => {
    expect(holdsFloor([0.96, 0.961, 0.962, 0.959, 0.96], 0.95)).toBe(true);
    expect(holdsFloor([0.96, 0.961, 0.962, 0.959], 0.95)).toBe(false);
    expect(holdsFloor([0.96, 0.99, 0.93, 0.98, 0.95], 0.95)).toBe(false);
    expect(holdsFloor([0.95, 0.95, 0.95, 0.95, 0.95], 0.95)).toBe(false);
  });
});

describe("Wilson's interval", () => {
  // R. G. Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %d of %d is %d to %d', (correct, count, low, high) => {
    const interval = wilsonInterval(correct / count, count);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
    const mirrored = wilsonInterval(1 - correct / count, count);
    expect(mirrored.low).toBeCloseTo(1 - interval.high, 12);
  });

  test('is NaN of what is no share, or of no samples', () => {
    for (const [share, count] of [
      [1.1, 10],
      [-0.1, 10],
      [Number.NaN, 10],
      [0.5, 0],
    ] as const)
      expect(wilsonInterval(share, count)).toEqual({ low: Number.NaN, high: Number.NaN });
  });
});

describe('the front', () => {
  const candidates = [
    { cost: 10, accuracy: 0.9 },
    { cost: 20, accuracy: 0.95 },
    { cost: 20, accuracy: 0.94 },
    { cost: 30, accuracy: 0.95 },
    { cost: 5, accuracy: 0.5 },
    { cost: 1, accuracy: Number.NaN },
    { cost: 20, accuracy: 0.95 },
  ];

  test('is what nothing else beats', () => {
    expect(paretoFront(candidates)).toEqual([candidates[4], candidates[0], candidates[1]]);
    expect(paretoFront([])).toEqual([]);
  });

  test('agrees with the definition on random points', () => {
    const random = new Random(7, 0);
    const points = Array.from({ length: 200 }, () => ({ cost: random.below(30), accuracy: random.below(30) / 30 }));
    const beats = (a: (typeof points)[number], b: (typeof points)[number]) =>
      a.cost <= b.cost && a.accuracy >= b.accuracy && (a.cost < b.cost || a.accuracy > b.accuracy);
    const words = ({ cost, accuracy }: (typeof points)[number]) => `${cost} ${accuracy}`;
    const unbeaten = points.filter((point) => !points.some((other) => beats(other, point)));
    // Of equals the front has the first.
    expect(paretoFront(points).map(words).sort()).toEqual([...new Set(unbeaten.map(words))].sort());
  });

  test('the least cost for a floor', () => {
    expect(leastCost(candidates, 0.9)).toBe(10);
    expect(leastCost(candidates, 0.93)).toBe(20);
    expect(leastCost(candidates, 0.96)).toBeUndefined();
  });
});

describe('costs', () => {
  test.each(['dhingra/optimized', 'gulati/condensenet', 'nahhas/proposed'])(
    'of %s are those of its description and its file',
    (name) => {
      const m = zoo[name] ?? expect.fail(name);
      const { parameters, macs, peakActivationBytes } = describeModel(m);
      const costs = costsOf(m);
      expect(costs).toMatchObject({ parameters, macs, activations: peakActivationBytes });
      const zeros = new Map(
        parametersOf(m).map(({ name: tensor, shape }): [string, Value] => [
          tensor,
          { shape, data: new Float32Array(elements(shape)) },
        ]),
      );
      const file = encodeModel(m, zeros);
      const header = Number(new DataView(file.buffer).getBigUint64(0, true));
      expect(costs.bytes).toBe(file.length - 8 - header);
    },
  );

  test.each(['records/woolly', 'gulati/condensenet-2', 'drawn'])('count of %s the numbers that its exports hold', (name) => {
    const drawn = Array.from({ length: 40 }, (_, seed) => sampleModel(DEFAULT_SPACE, [12, 12, 1], 10, new Random(seed, 0)));
    for (const m of name === 'drawn' ? drawn : [zoo[name] ?? expect.fail(name)]) {
      const weights = new Map(
        parametersOf(m).map((parameter, index) => [
          parameter.name,
          { shape: parameter.shape, data: initialValue(parameter, index, 1) },
        ]),
      );
      const held = exportGraph(m, weights).constants.reduce((sum, { data }) => sum + data.length, 0);
      expect(costsOf(m).parameters, JSON.stringify(m.layers)).toBe(held);
    }
  });

  const costs = { parameters: 100, macs: 5000, activations: 400, bytes: 420 };

  test('are mixed by weight and held to limits', () => {
    expect(scoreOf(objective('parameters'), costs)).toBe(100);
    expect(scoreOf(objective({ parameters: 2, macs: 0.1 }), costs)).toBe(700);
    expect(excess(objective('macs', { parameters: 100 }), costs)).toBeUndefined();
    expect(excess(objective('macs', { parameters: 99 }), costs)).toBe('100 parameters, and 99 is the limit');
  });

  test.each([
    [{ size: 1 }, {}, "there is no cost 'size'"],
    [{ macs: -1 }, {}, 'macs must be a number of at least 0, got -1'],
    [{ macs: 0 }, {}, 'every weight is 0'],
    [{ macs: 1 }, { bytes: Number.NaN }, 'bytes must be a number'],
  ])('%j with limits %j are refused', (weights, limits, message) => {
    expect(() => objective(weights as never, limits)).toThrow(message);
  });
});
