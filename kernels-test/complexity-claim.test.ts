import { describe, expect, test } from 'vitest';
import { claimOf } from '../src/cli/complexity/claim.ts';
import { analysed, conclude } from '../src/cli/complexity/conclude.ts';
import { difference } from '../src/cli/complexity/difference.ts';
import { nameOf } from '../src/papers/complexity/configuration.ts';
import { design } from '../src/papers/complexity/design.ts';
import type { Measurement } from '../src/papers/complexity/measure.ts';
import type { Configuration } from '../src/search/fits/precision.ts';

const IMAGES = 2000;
const BASELINE: Configuration = { filters: 16, size: 28, kernel: 5, layers: 3 };
const at = (filters: number): Configuration => ({ ...BASELINE, filters });

/** A configuration that takes so many times less than the baseline, whose step takes 10 ms. */
function measured(configuration: Configuration, times: number, ...accuracy: number[]): Measurement {
  return {
    key: nameOf(configuration),
    configuration,
    parameters: 1,
    multiplications: 1,
    outcome: { status: 'trained', accuracy, balancedAccuracy: accuracy, loss: accuracy.map(() => 0), stepMs: 10 / times },
    wallMs: 1,
    finished: '',
  };
}

/** The claim where the baseline came to 96%; `byModel`: what the models say 2 points below; undefined: nothing. */
function claim(others: readonly Measurement[], byModel?: number, baseline = measured(BASELINE, 1, 0.96)) {
  const sample = { configuration: BASELINE, complexity: 1, precision: 0.96 };
  return claimOf(
    {
      baseline: sample,
      unitMs: 10,
      fitted: { complexity: 1, precision: 0.96 },
      curve: byModel === undefined ? [] : [{ floor: 0.94, configuration: at(9), complexity: 1 / byModel, precision: 0.94 }],
    },
    [baseline, ...others],
    IMAGES,
  );
}

describe('the difference of two accuracies', () => {
  test('of one seed has the errors of both shares', () => {
    const { value, standardError, degreesOfFreedom } = difference([0.95], [0.96], IMAGES);
    expect(value).toBeCloseTo(-0.01, 12);
    expect(standardError).toBeCloseTo(Math.sqrt((0.95 * 0.05 + 0.96 * 0.04) / IMAGES), 4);
    expect(degreesOfFreedom).toBeGreaterThan(IMAGES);
  });

  test('of several seeds has the spread between them besides', () => {
    const alone = difference([0.95], [0.96], IMAGES);
    const spread = difference([0.9, 1], [0.96, 0.96], IMAGES);
    expect(spread.value).toBeCloseTo(alone.value, 12);
    expect(spread.standardError ** 2).toBeCloseTo(alone.standardError ** 2 + 0.005 / 2, 6);
    // Nearly all of it is known from two values.
    expect(spread.degreesOfFreedom).toBeLessThan(1.1);
  });

  test('is not exact where all images are recognised', () => {
    expect(difference([1], [1], 10).standardError).toBeGreaterThan(0.05);
    expect(difference([1, 1], [1, 1], 10).degreesOfFreedom).toBeGreaterThan(1);
  });
});

describe('"10 times less for 2 points"', () => {
  // One standard error at 94% against 96% on 2,000 images is 0.69 points.
  test('is confirmed by what lies above beyond the error', () => {
    const { held, text, byMeasurement } = claim([measured(at(4), 12, 0.958), measured(at(5), 11, 0.959)], 10);
    expect(held).toBe(true);
    // Of those that show it, the fastest.
    expect(byMeasurement).toMatchObject({ configuration: at(4), times: 12, precision: 0.958 });
    expect(text).toContain('is confirmed');
    expect(text).toContain('f4 s28 k5 l3, takes 12.0 times less at 95.80%: 1.80 points above, with a standard error of 0.63');
  });

  test('is not by what lies above within the error', () => {
    const { held, text, byMeasurement } = claim([measured(at(4), 12, 0.945), measured(at(3), 20, 0.8)], 10);
    expect(held).toBeUndefined();
    expect(byMeasurement?.configuration).toEqual(at(4));
    expect(text).toContain('neither confirmed nor refuted');
    expect(text).toContain('f4 s28 k5 l3, takes 12.0 times less at 94.50%: 0.50 points above');
  });

  test('asks for more where many were tried: the best of them lies above by chance', () => {
    const above = measured(at(4), 12, 0.953);
    const others = Array.from({ length: 20 }, (_, index) => measured(at(20 + index), 12, 0.5));
    expect(claim([above]).held).toBe(true);
    expect(claim([above, ...others]).held).toBeUndefined();
  });

  test('is refuted where all that take 10 times less lie below beyond the error, and the models agree', () => {
    const below = [measured(at(4), 12, 0.9), measured(at(3), 20, 0.8), measured(at(8), 5, 0.955)];
    expect(claim(below, 6)).toMatchObject({ held: false, byMeasurement: { configuration: at(4) } });
    expect(claim(below, 6).text).toContain('is refuted');
    // One parameter at a time can't refute it; nor can networks that the models contradict.
    expect(claim(below).held).toBeUndefined();
    expect(claim(below, 11).held).toBeUndefined();
    expect(claim([...below, measured(at(2), 15, 0.935)], 6).held).toBeUndefined();
  });

  test('where nothing takes 10 times less says what takes least', () => {
    const { held, text } = claim([measured(at(8), 5, 0.955), measured(at(7), 6, 0.9)]);
    expect(held).toBeUndefined();
    expect(text).toContain('nothing that was measured takes 10 times less');
    expect(text).toContain('f8 s28 k5 l3, takes 5.00 times less at 95.50%');
    expect(claim([measured(at(8), 5, 0.955)], 5).held).toBe(false);
  });

  test('takes the spread of the seeds into its error, and says where there is none', () => {
    const steady = measured(BASELINE, 1, 0.96, 0.96, 0.96);
    expect(claim([measured(at(4), 12, 0.958, 0.958, 0.958)], 10, steady).held).toBe(true);
    const spread = claim([measured(at(4), 12, 0.917, 0.958, 0.999)], 10, steady);
    expect(spread.held).toBeUndefined();
    expect(spread.text).toContain('and of the spread of 3 seeds');
    expect(claim([measured(at(4), 12, 0.958)]).text).toContain('comes on top');
  });

  test('counts no failed training', () => {
    const failed: Measurement = { ...measured(at(4), 12, 0.96), outcome: { status: 'diverged', reason: '' } };
    expect(claim([failed]).text).toContain('nothing that was measured takes 10 times less');
  });
});

test('a study says nothing of what an earlier one left in its folder', () => {
  const values = { filters: [16, 8, 4], size: [28], kernel: [5], layers: [3] };
  const designed = design(BASELINE, values, { grids: false });
  const own = designed.map((one) => measured(one, 16 / one.filters, 0.9 + one.filters / 1000));
  const records = [measured({ ...BASELINE, layers: 1 }, 30, 0.99), ...own];
  const setup = { baseline: BASELINE, values, channels: 1 };
  const about = {
    ...setup,
    ...{ command: '', adapter: '', version: '', node: '', date: '', data: '', images: 1, validation: IMAGES, majority: 0 },
    ...{ clock: '', training: { batch: 1, epochs: 1, learningRate: 1, seeds: [1] }, grids: false, reductions: [] },
  };
  const planned = { designed, checks: [] };
  const { claim: found, measurements } = conclude(about, analysed(setup, planned, records), planned, records);
  expect(measurements).toEqual(own);
  expect(found.byMeasurement?.configuration).toEqual(at(4));
  expect(found.held).toBeUndefined();
});
