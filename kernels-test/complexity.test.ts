import { describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { describe as counted } from '../src/model/describe.ts';
import { analyse, WITHIN } from '../src/papers/complexity/analyse.ts';
import {
  arithmetic,
  candidateValues,
  extents,
  nameOf,
  networkOf,
  PUBLISHED_BASELINE,
  PUBLISHED_VALUES,
  shares,
} from '../src/papers/complexity/configuration.ts';
import { changesTogether, curveOf, floorsAround, leastComplex, predictions } from '../src/papers/complexity/curve.ts';
import { design, drawChecks, shareGrid, sweep } from '../src/papers/complexity/design.ts';
import { deviationOf, fitted, precisionObservations, relativeError } from '../src/papers/complexity/fitted.ts';
import { COMPLEXITY, EXTENDED_COMPLEXITY, exponentialsFormula, workOf } from '../src/papers/complexity/formulas.ts';
import { balanced, type Measurement } from '../src/papers/complexity/measure.ts';
import { among, samplesOf } from '../src/papers/complexity/sample.ts';
import { type Fit, type Formula, fitFormula } from '../src/search/fits/fit.ts';
import { invertSymmetric, linearLeastSquares } from '../src/search/fits/linear.ts';
import { type Configuration, PARAMETERS, precisionFormula } from '../src/search/fits/precision.ts';
import { boundedLeastSquares } from '../src/search/fits/projection.ts';

const DESIGN = design(PUBLISHED_BASELINE, PUBLISHED_VALUES, { grids: true });
const sharesOf = (configuration: Configuration) => shares(configuration, PUBLISHED_BASELINE);

/** Observations of a formula with noise of this standard deviation; `relative`: a share of each value. */
function noisy<Point>(
  formula: Formula<Point>,
  points: readonly Point[],
  truth: readonly number[],
  noise: number,
  relative = false,
) {
  const random = new Random(7, points.length);
  return points.map((point) => {
    const value = formula.value(truth, point);
    return { point, value: value + noise * random.normal() * (relative ? value : 1) };
  });
}

/** How many of the true coefficients lie within their intervals. */
function covered<Point>(fit: Fit<Point>, truth: readonly number[]): number {
  return fit.coefficients.filter(({ interval }, index) => {
    const value = truth[index] ?? Number.NaN;
    return interval !== undefined && interval[0] <= value && value <= interval[1];
  }).length;
}

describe('configurations', () => {
  // Sums of equation 1 with 3 input channels: design/networks.md, section 4b.
  test.each([
    [64, 64, 5, 3, 150_732_800],
    [8, 64, 5, 3, 4_505_600],
    [64, 12, 5, 3, 5_299_200],
    [64, 64, 3, 3, 54_263_808],
    [64, 64, 5, 1, 19_660_800],
  ])('f=%d s=%d k=%d l=%d has %d multiplications', (filters, size, kernel, layers, sum) => {
    const configuration = { filters, size, kernel, layers };
    expect(arithmetic(configuration, 3)).toBe(sum);
    const macs = counted(networkOf(configuration, 3, 2))
      .layers.filter(({ type }) => type === 'conv2d')
      .reduce((total, layer) => total + layer.macs, 0);
    expect(macs).toBe(sum);
  });

  test('have the published candidate sets, scaled', () => {
    expect(candidateValues(PUBLISHED_BASELINE)).toEqual(PUBLISHED_VALUES);
    expect(candidateValues({ filters: 16, size: 28, kernel: 5, layers: 3 })).toEqual({
      filters: [16, 12, 10, 8, 6, 4, 3, 2, 1],
      size: [28, 25, 21, 18, 14, 11, 9, 5],
      kernel: [5, 4, 3],
      layers: [3, 2, 1],
    });
  });

  test('whose input is too small for their poolings are left out', () => {
    const tiny = { filters: 4, size: 3, kernel: 3, layers: 3 };
    expect(extents(tiny)).toBeUndefined();
    expect(() => networkOf(tiny, 1, 10)).toThrow('too small');
    const values = { filters: [4], size: [8, 3], kernel: [3], layers: [3] };
    expect(sweep({ ...tiny, size: 8 }, values, 'size')).toEqual([{ ...tiny, size: 8 }]);
  });

  test('of the design are the sweeps and the pairs, each once, the baseline first', () => {
    expect(design(PUBLISHED_BASELINE, PUBLISHED_VALUES, { grids: false })).toHaveLength(1 + 9 + 7 + 2 + 2);
    expect(DESIGN).toHaveLength(1 + 9 + 7 + 2 + 2 + 9 * 7 + 9 * 2 + 9 * 2);
    expect(DESIGN[0]).toEqual(PUBLISHED_BASELINE);
    expect(new Set(DESIGN.map(nameOf)).size).toBe(DESIGN.length);
  });

  test('of the check are drawn by seed, none twice and none of the design', () => {
    const drawn = drawChecks(50, PUBLISHED_VALUES, DESIGN, 1);
    expect(drawn).toEqual(drawChecks(50, PUBLISHED_VALUES, DESIGN, 1));
    expect(drawn).not.toEqual(drawChecks(50, PUBLISHED_VALUES, DESIGN, 2));
    expect(new Set([...drawn, ...DESIGN].map(nameOf)).size).toBe(50 + DESIGN.length);
    for (const { filters, size, kernel, layers } of drawn) {
      expect(filters >= 2 && filters <= 64 && size >= 12 && size <= 64).toBe(true);
      expect(kernel >= 3 && kernel <= 5 && layers >= 1 && layers <= 3).toBe(true);
    }
    const few = { filters: [2, 1], size: [8], kernel: [3], layers: [1] };
    expect(() => drawChecks(3, few, [], 1)).toThrow('not 3 random configurations');
  });
});

describe('linear algebra', () => {
  test('inverts what is badly scaled, and refuses what is singular', () => {
    const inverse = invertSymmetric([
      [4e12, 2e3],
      [2e3, 3e-6],
    ]);
    // The determinant is 12e6 - 4e6.
    expect(inverse?.[0]?.[0]).toBeCloseTo(3e-6 / 8e6, 24);
    expect(inverse?.[0]?.[1]).toBeCloseTo(-2e3 / 8e6, 12);
    expect(inverse?.[1]?.[1]).toBeCloseTo(4e12 / 8e6, 4);
    expect(
      invertSymmetric([
        [1, 2],
        [2, 4],
      ]),
    ).toBeUndefined();
  });

  test('needs pivoting where a diagonal is small', () => {
    const matrix = [
      [2, -1, 0],
      [-1, 2, -1],
      [0, -1, 2],
    ];
    const expected = [
      [0.75, 0.5, 0.25],
      [0.5, 1, 0.5],
      [0.25, 0.5, 0.75],
    ];
    invertSymmetric(matrix)?.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(value).toBeCloseTo(expected[i]?.[j] ?? Number.NaN, 12);
      });
    });
    expect(
      linearLeastSquares(
        [
          [1, 0],
          [1, 1],
          [1, 2],
        ],
        [1, 3, 5],
      )?.map((value) => Math.round(1e9 * value) / 1e9),
    ).toEqual([1, 2]);
  });
});

describe('bounded least squares', () => {
  // |A x - b|^2 with A = [[1, 1], [1, -1], [1, 0]] and b = [0, 4, 2]: x = (2, -2) without bounds.
  const rows = [
    [1, 1],
    [1, -1],
    [1, 0],
  ];
  const solve = (least: readonly number[], most: readonly number[]) => boundedLeastSquares(rows, [0, 4, 2], least, most);

  test('is the plain solution where the bounds do not matter', () =>
    expect(solve([-9, -9], [9, 9]).map((value) => Math.round(1e9 * value) / 1e9)).toEqual([2, -2]));
  test('moves the others where one is held at its bound', () => {
    // With x2 = 0 the best x1 is the mean of b; with x1 = 1 the best x2 minimises (x2 + 1)^2 + (x2 + 3)^2.
    expect(solve([-9, 0], [9, 9])[0]).toBeCloseTo(2, 12);
    expect(solve([-9, -9], [1, 9])).toEqual([1, expect.closeTo(-2, 12)]);
  });
  test('gives one of two columns up that are the same', () => {
    const found = boundedLeastSquares(
      [
        [1, 1],
        [2, 2],
      ],
      [3, 6],
      [-9, -9],
      [9, 9],
    );
    expect((found[0] ?? 0) + (found[1] ?? 0)).toBeCloseTo(3, 12);
  });
});

describe('fits recover known coefficients from noisy data', () => {
  test('of equation 1, the published ones', () => {
    const truth = [0.014, 0.626e-8 * 150_732_800];
    const points = DESIGN.map((configuration) => workOf(configuration, PUBLISHED_BASELINE, 3));
    const fit = fitFormula(COMPLEXITY, noisy(COMPLEXITY, points, truth, 0.02, true), { relative: true });
    expect(covered(fit, truth)).toBe(2);
    expect(fit.coefficients[0]?.value).toBeCloseTo(0.014, 3);
    expect(Math.abs((fit.coefficients[1]?.value ?? 0) / (truth[1] ?? 1) - 1)).toBeLessThan(0.02);
    // 2% of noise, by 139 degrees of freedom: within 6 standard errors.
    expect(Math.abs(fit.deviation / 0.02 - 1)).toBeLessThan(6 / Math.sqrt(2 * 139));
  });

  test('of the extended complexity, where equation 1 fails', () => {
    const truth = [0.05, 0.5, 0.3, 0.15];
    const points = DESIGN.map((configuration) => workOf(configuration, PUBLISHED_BASELINE, 3));
    const observations = noisy(EXTENDED_COMPLEXITY, points, truth, 0.02, true);
    const fit = fitFormula(EXTENDED_COMPLEXITY, observations, { relative: true });
    expect(covered(fit, truth)).toBe(4);
    expect(fitFormula(COMPLEXITY, observations, { relative: true }).deviation).toBeGreaterThan(3 * fit.deviation);
  });

  test.each([
    ['one parameter', ['filters'], [-0.03, 0.9, 0.04, 0.02]],
    ['two parameters', ['filters', 'size'], [-0.02, -0.1, 0.8, 0.02, 0.05, 0.05]],
    ['four parameters', PARAMETERS, [-0.02, -0.1, -0.3, -0.2, 1, 0.02, 0.05, -0.03, 0.02, 0.1]],
  ] as const)('of the precision by %s', (_, parameters, truth) => {
    const formula = precisionFormula(parameters);
    const points = DESIGN.map(sharesOf);
    const fit = fitFormula(formula, noisy(formula, points, truth, 0.001));
    expect(Math.abs(fit.deviation / 0.001 - 1)).toBeLessThan(6 / Math.sqrt(2 * fit.degreesOfFreedom));
    // 95% intervals: most of them hold the truth, and the surface is the true one to the noise.
    expect(covered(fit, truth)).toBeGreaterThanOrEqual(Math.floor(0.9 * truth.length));
    for (const point of points) expect(Math.abs(fit.at(point) - formula.value(truth, point))).toBeLessThan(0.002);
  });

  test('of two exponentials, the published ones of s with the lost power of ten', () => {
    const formula = exponentialsFormula('size');
    const truth = [0.02357, -10.29, 0.9267, -0.499];
    const points = Array.from({ length: 40 }, (_, index) => sharesOf({ ...PUBLISHED_BASELINE, size: 4 + 1.5 * index }));
    const fit = fitFormula(formula, noisy(formula, points, truth, 0.001));
    expect(covered(fit, truth)).toBe(4);
  });

  test('and tell a coefficient that the data do not determine from one they do', () => {
    const formula = precisionFormula(['filters', 'size']);
    // The size never changes: its two coefficients hide behind the others.
    const points = PUBLISHED_VALUES.filters.map((filters) => sharesOf({ ...PUBLISHED_BASELINE, filters }));
    const fit = fitFormula(formula, noisy(formula, points, [-0.02, -0.1, 0.8, 0.02, 0.05, 0.05], 0.001));
    expect(fit.coefficients.every(({ interval }) => interval === undefined)).toBe(true);
    expect(fit.deviation).toBeLessThan(0.004);
  });
});

describe('fits refuse', () => {
  const points = DESIGN.map((configuration) => workOf(configuration, PUBLISHED_BASELINE, 3));
  const observed = (count: number, value: (index: number) => number) =>
    points.slice(0, count).map((point, index) => ({ point, value: value(index) }));

  test('too few observations', () =>
    expect(() =>
      fitFormula(
        COMPLEXITY,
        observed(2, (index) => index),
      ),
    ).toThrow('2 observations are too few for 2 coefficients'));
  test('values that are all the same', () =>
    expect(() =>
      fitFormula(
        COMPLEXITY,
        observed(9, () => 0.5),
      ),
    ).toThrow('all 9 observed values are 0.5'));
  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d', (bad) =>
    expect(() =>
      fitFormula(
        COMPLEXITY,
        observed(9, (index) => (index === 4 ? bad : index)),
      ),
    ).toThrow(`an observed value is ${bad}`),
  );
  test('relative residuals of 0', () =>
    expect(() =>
      fitFormula(
        COMPLEXITY,
        observed(9, (index) => index),
        { relative: true },
      ),
    ).toThrow('not 0'));
});

describe('equation 7', () => {
  test('finds the minimiser of a known landscape', () => {
    const values = Array.from({ length: 20 }, (_, index) => (index + 1) / 20);
    const points = values.flatMap((x) =>
      values.map((y) => ({ point: [x, y], complexity: x * y ** 2, precision: 1 - 0.011 / x - 0.02 / y })),
    );
    // 0.011 / x + 0.02 / y <= 0.1, so the least x are 0.55 for y = 0.25, 0.35 for 0.3, 0.3 for 0.35, 0.25 for 0.4.
    const best = leastComplex(points, 0.9);
    expect(best?.point).toEqual([0.35, 0.3]);
    expect(leastComplex(points, 0.99)).toBeUndefined();
    expect(leastComplex(points, 0.5)?.complexity).toBeLessThan(best?.complexity ?? 0);
  });

  test('is solved over whole numbers that can be built and were measured', () => {
    const grid = shareGrid(PUBLISHED_BASELINE, PUBLISHED_VALUES);
    expect(grid).toContainEqual(PUBLISHED_BASELINE);
    expect(grid).toContainEqual({ filters: 3, size: 13, kernel: 3, layers: 1 });
    expect(Math.min(...grid.map(({ size }) => size))).toBe(13);
    expect(grid).toHaveLength(20 * 17 * 3 * 3);
  });
});

describe('the parts of an analysis', () => {
  const sample = (changed: Partial<Configuration>, precision = 0.9) => ({
    configuration: { ...PUBLISHED_BASELINE, ...changed },
    complexity: 0.5,
    precision,
  });
  const trained = { status: 'trained', accuracy: [0.8, 0.9], balancedAccuracy: [], loss: [], stepMs: 5 } as const;
  const measured = (outcome: Measurement['outcome']): Measurement => ({
    key: '',
    configuration: PUBLISHED_BASELINE,
    parameters: 1,
    multiplications: 1,
    outcome,
    wallMs: 1,
    finished: '',
  });

  test('samples are what was trained, beside the baseline, the mean over the seeds', () => {
    const samples = samplesOf([measured(trained), measured({ status: 'refused', reason: '' })], 20);
    expect(samples).toEqual([{ configuration: PUBLISHED_BASELINE, complexity: 0.25, precision: expect.closeTo(0.85, 12) }]);
    expect(among([sample({}), sample({ filters: 8 })], [{ ...PUBLISHED_BASELINE, filters: 8 }])).toEqual([
      sample({ filters: 8 }),
    ]);
  });

  test('what cannot be fitted is a problem, not an error, and has no error of its own', () => {
    const found = fitted(COMPLEXITY, []);
    expect(found).toEqual({ problem: expect.stringContaining('too few') });
    expect(deviationOf(found)).toBe(Number.POSITIVE_INFINITY);
    expect(relativeError(found, [{ point: { arithmetic: 1, memory: 1, layers: 1 }, value: 1 }])).toBeUndefined();
    const models = { complexity: found, precision: { problem: '' }, baseline: PUBLISHED_BASELINE, channels: 3 };
    expect(predictions(models, [PUBLISHED_BASELINE])).toEqual([]);
  });

  test('the relative error is the mean over what it is held against', () => {
    const fit = { coefficients: [], residuals: [], deviation: 0, degreesOfFreedom: 1, rSquared: 1, at: () => 0.6 };
    const observations = precisionObservations([sample({}, 0.5), sample({ filters: 32 }, 0.8)], PUBLISHED_BASELINE);
    expect(observations[1]).toEqual({ point: { filters: 0.5, size: 1, kernel: 1, layers: 1 }, value: 0.8 });
    expect(relativeError({ fit }, observations)).toBeCloseTo((0.2 + 0.25) / 2, 12);
    expect(relativeError({ fit }, [])).toBeUndefined();
  });

  test('equation 7 needs several parameters changed together', () => {
    expect(changesTogether([sample({}), sample({ filters: 8 }), sample({ layers: 1 })], PUBLISHED_BASELINE)).toBe(false);
    expect(changesTogether([sample({ filters: 8, layers: 1 })], PUBLISHED_BASELINE)).toBe(true);
  });

  test('its floors go down from the measured precision, and up to what the model says', () => {
    const near = (floors: readonly number[]) => floors.map((floor) => expect.closeTo(floor, 12));
    expect(floorsAround(0.9, undefined, 0.02, 0.01)).toEqual(near([0.9, 0.89, 0.88]));
    expect(floorsAround(0.9, 0.85, 0.02, 0.01)).toEqual(near([0.9, 0.89, 0.88]));
    expect(floorsAround(0.9, 0.925, 0.01, 0.01)).toEqual(near([0.92, 0.91, 0.9, 0.89]));
  });

  test('its curve leaves out the floors that nothing reaches', () => {
    const points = [0.8, 0.9].map((precision) => ({ point: PUBLISHED_BASELINE, complexity: precision, precision }));
    expect(curveOf(points, [0.95, 0.85, 0.75])).toEqual([
      { floor: 0.85, configuration: PUBLISHED_BASELINE, complexity: 0.9, precision: 0.9 },
      { floor: 0.75, configuration: PUBLISHED_BASELINE, complexity: 0.8, precision: 0.8 },
    ]);
  });
});

test('the whole analysis of a made-up study finds what it was made of', () => {
  const baseline = { filters: 16, size: 28, kernel: 5, layers: 3 };
  const values = candidateValues(baseline);
  const formula = precisionFormula(PARAMETERS);
  const truth = [-0.01, -0.02, -0.02, -0.03, 1, 0.01, 0.01, 0.01, 0.01, 0.02];
  const random = new Random(3, 0);
  const measured = (configuration: Configuration): Measurement => {
    const work = workOf(configuration, baseline, 1);
    const accuracy = formula.value(truth, shares(configuration, baseline)) + 0.001 * random.normal();
    const stepMs = (2 + 18 * work.arithmetic + 5 * work.memory) * (1 + 0.01 * random.normal());
    return {
      key: nameOf(configuration),
      configuration,
      parameters: 1,
      multiplications: arithmetic(configuration, 1),
      outcome: { status: 'trained', accuracy: [accuracy], balancedAccuracy: [accuracy], loss: [0], stepMs },
      wallMs: 1,
      finished: '',
    };
  };
  const designed = design(baseline, values, { grids: true });
  const found = analyse({
    baseline,
    values,
    channels: 1,
    designed: designed.map(measured),
    checks: drawChecks(50, values, designed, 1).map(measured),
  });
  expect(found.errors.extended).toBeLessThan(0.02);
  expect(found.errors.complexity).toBeGreaterThan(found.errors.extended ?? 1);
  expect(found.errors.precision).toBeLessThan(0.003);
  expect(found.errors.near).toBeLessThan(0.003);
  expect(found.nearChecks).toBe(found.checks.filter(({ precision }) => precision >= found.baseline.precision - WITHIN).length);
  // Three values each: too few for four coefficients, which the report must say.
  expect(found.sweeps.map(({ precision }) => 'fit' in precision)).toEqual([true, true, false, false]);
  const [first, ...rest] = found.curve;
  // The first step at or below what the model says of the baseline.
  expect(first?.floor).toBeLessThanOrEqual(Math.max(found.fitted?.precision ?? 0, found.baseline.precision));
  expect(Math.abs((first?.floor ?? 0) - found.baseline.precision)).toBeLessThan(0.0051);
  expect(found.taken).toBe('extended');
  expect(first?.complexity).toBeLessThanOrEqual((found.fitted?.complexity ?? 0) * (1 + 1e-9));
  expect(found.fitted?.complexity).toBeCloseTo(1, 1);
  expect(rest.every((point, index) => point.complexity <= (found.curve[index]?.complexity ?? 0))).toBe(true);
  // One parameter at a time says nothing of several together.
  const alone = design(baseline, values, { grids: false }).map(measured);
  const swept = analyse({ baseline, values, channels: 1, designed: alone, checks: [] });
  expect(swept.curve).toEqual([]);
  expect(swept.errors).toEqual({});
  expect(() => analyse({ baseline, values, channels: 1, designed: [], checks: [] })).toThrow(
    'The baseline, f16 s28 k5 l3, has no',
  );
});

test('balanced accuracy counts every class alike', () => {
  expect(
    balanced([
      [8, 2],
      [1, 1],
    ]),
  ).toBeCloseTo(0.65, 12);
  expect(
    balanced([
      [0, 0],
      [3, 1],
    ]),
  ).toBe(0.25);
});
