import { describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { branch, conv2d, dense, dropout, flatten, model, residual } from '../src/index.ts';
import type { Layer } from '../src/model/types.ts';
import { type Curve, CurveNotes } from '../src/search/curve.ts';
import { trainsHarder } from '../src/search/harder.ts';
import { leadingRates } from '../src/search/leading-rates.ts';
import { chanceLoss, checkStopRules, type StopContext, stopOf } from '../src/search/stops.ts';

const FULL = 540_000;
const CHANCE = Math.log(10);
const context = (changed: Partial<StopContext> = {}): StopContext => ({
  floor: 0.95,
  samples: FULL,
  length: FULL,
  batch: 64,
  chance: CHANCE,
  isHarder: false,
  ...changed,
});

/** A training of so many samples, of replicas whose error at a share of it is known, noted at 20 points. */
function curveOf(length: number, errors: readonly ((share: number) => number)[], loss = (error: number) => 2.2 * error): Curve {
  const shares = Array.from({ length: 20 }, (_, index) => (index + 1) / 20);
  const ofEach = (value: (error: number) => number) => errors.map((error) => shares.map((share) => value(error(share))));
  return { samples: shares.map((share) => length * share), loss: ofEach(loss), accuracy: ofEach((error) => 1 - error) };
}

/** What is known of a curve after so many points. */
const until = ({ samples, loss, accuracy }: Curve, points: number): Curve => ({
  samples: samples.slice(0, points),
  loss: loss.map((values) => values.slice(0, points)),
  accuracy: accuracy.map((values) => values.slice(0, points)),
});

/** The point after which a training is ended; undefined where it comes to its end. */
function endOf(curve: Curve, given: StopContext): number | undefined {
  const points = curve.samples.findIndex((_, index) => stopOf(until(curve, index + 1), given) !== undefined);
  return points < 0 ? undefined : points + 1;
}

const dead = (length: number, replicas = 1) =>
  curveOf(
    length,
    Array.from({ length: replicas }, () => () => 0.9),
    () => CHANCE,
  );
/** Falls as trainings on MNIST do, to an error of `end`; noise changes the order of neighbours. */
const learning = (end: number, seed = 1) => {
  const random = new Random(seed, 0);
  return (share: number) => Math.min(0.9, (end / Math.max(0.06, 0.9 * share)) * Math.exp(0.05 * random.normal()));
};

describe('a training that learns nothing', () => {
  test('ends after a tenth of it', () => {
    expect(endOf(dead(FULL), context())).toBe(2);
    expect(stopOf(until(dead(FULL), 2), context())).toBe(
      'it learned nothing: after 54000 samples its loss is 2.302585092994046, that of chance 2.303',
    );
  });

  test('is not judged before a hundredth of the full length, nor before 64 updates', () => {
    expect(endOf(dead(FULL / 60), context({ length: FULL / 60 }))).toBe(12);
    expect(endOf(dead(FULL / 60), context({ length: FULL / 60, batch: 120 }))).toBe(18);
    expect(endOf(dead(6000), context({ length: 6000, batch: 128 }))).toBeUndefined();
  });

  test('goes on where another of its replicas learns', () => {
    const one = dead(FULL);
    const two = curveOf(FULL, [learning(0.04)]);
    const both = { samples: one.samples, loss: [...one.loss, ...two.loss], accuracy: [...one.accuracy, ...two.accuracy] };
    expect(endOf(both, context())).toBeUndefined();
    expect(endOf(dead(FULL, 3), context())).toBe(2);
  });

  test('that begins late goes on, and one that dies later ends then', () => {
    const late = curveOf(FULL, [(share) => (share < 0.08 ? 0.9 : 0.1)], (error) => (error < 0.9 ? 1 : CHANCE));
    expect(endOf(late, context())).toBeUndefined();
    const dies = curveOf(FULL, [(share) => (share < 0.5 ? 0.1 : 0.9)], (error) => (error < 0.9 ? 1 : CHANCE));
    expect(endOf(dies, context())).toBe(11);
  });
});

describe('a training that can come nowhere near the floor', () => {
  test('ends once that is known', () => {
    const end = endOf(curveOf(FULL, [() => 0.6]), context());
    expect(end).toBe(10);
    expect(stopOf(until(curveOf(FULL, [() => 0.6]), 10), context())).toMatch(
      /^it can't come near the floor: after 270000 samples its error is 60\.0%, and would be above 21\.0% at full length, more than 4 times the allowed 5\.0%$/,
    );
    expect(endOf(curveOf(FULL, [() => 0.6]), context({ floor: 0.99 }))).toBe(6);
  });

  test('no training ends early that comes to twice the allowed error, on curves as steep as any seen', () => {
    for (const floor of [0.9, 0.95, 0.99])
      for (const length of [FULL / 60, FULL / 9, FULL / 3, FULL])
        for (let seed = 0; seed < 50; seed++) {
          // What three times as long leaves of an error lay between 0.42 and 0.95.
          const thirds = Math.log(FULL / length) / Math.log(3);
          const end = Math.min(0.8, (2 * (1 - floor)) / 0.45 ** thirds);
          expect(endOf(curveOf(length, [learning(end, seed)]), context({ floor, length }))).toBeUndefined();
        }
  });

  test('a short training, after which the error may still fall by much, is given the benefit', () => {
    expect(endOf(curveOf(FULL / 60, [() => 0.6]), context({ length: FULL / 60 }))).toBeUndefined();
    expect(endOf(curveOf(3 * FULL, [() => 0.6]), context({ length: 3 * FULL }))).toBe(10);
  });

  test('a training is harder than what is tested where it augments, averages, or drops outputs at any depth', () => {
    const with_ = (...layers: Layer[]) => model([8, 8, 1], [conv2d(2, 3, { padding: 'same' }), ...layers, flatten(), dense(10)]);
    expect(trainsHarder(with_(), {})).toBe(false);
    expect(trainsHarder(with_(dropout(0)), {})).toBe(false);
    expect(trainsHarder(with_(dropout(0.2)), {})).toBe(true);
    expect(trainsHarder(with_(branch([dropout(0.2)], [residual(dropout(0))])), {})).toBe(true);
    expect(trainsHarder(with_(branch([residual(dropout(0.2))], [dropout(0)])), {})).toBe(true);
    expect(trainsHarder(with_(), { augment: { shift: 1 } })).toBe(true);
    expect(trainsHarder(with_(), { averaging: { decay: 0.9 } })).toBe(true);
  });

  test('an error on augmented samples tells less', () => {
    expect(endOf(curveOf(FULL, [() => 0.6]), context({ isHarder: true }))).toBeUndefined();
    expect(endOf(curveOf(FULL, [() => 0.8]), context({ isHarder: true, floor: 0.99 }))).toBe(6);
  });
});

describe('of several learning rates', () => {
  const rates = [0.004, 0.01, 0.025];
  const trial = { rates, seeds: [6], samples: FULL };
  const three = curveOf(FULL, [learning(0.2), learning(0.1), learning(0.095)]);

  test('those that lead after a quarter of the training go on, and are compared once', () => {
    expect(leadingRates(until(three, 4), trial, 1000)).toEqual(rates);
    expect(leadingRates(until(three, 5), trial, 1000)).toEqual([0.01, 0.025]);
    expect(leadingRates(until(three, 6), trial, 1000)).toEqual(rates);
  });

  test('all go on in a training too short to be planned anew for, and so does a single one', () => {
    expect(leadingRates(until(three, 5), trial, 99)).toEqual(rates);
    expect(leadingRates(until(three, 5), { ...trial, rates: [0.01] }, 1000)).toEqual([0.01]);
  });

  test('the mean over the seeds tells', () => {
    const [good, bad] = [learning(0.1), learning(0.3)];
    const pairs = { rates: [0.01, 0.03], seeds: [1, 2], samples: FULL };
    expect(leadingRates(until(curveOf(FULL, [good, bad, good, good]), 5), pairs, 1000)).toEqual([0.03]);
    expect(leadingRates(until(curveOf(FULL, [good, bad, bad, good]), 5), pairs, 1000)).toEqual([0.01, 0.03]);
  });
});

test('the loss of chance is that of the shares of the classes, smoothed as the labels are', () => {
  expect(chanceLoss({ y: Uint8Array.of(0, 1, 2, 3), classes: 4 }, 0)).toBeCloseTo(Math.log(4), 12);
  expect(chanceLoss({ y: Uint8Array.of(0, 0, 0, 1), classes: 2 }, 0)).toBeCloseTo(
    -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)),
    12,
  );
  expect(chanceLoss({ y: Uint8Array.of(0, 0), classes: 2 }, 0)).toBe(0);
  expect(chanceLoss({ y: Uint8Array.of(0, 0), classes: 2 }, 0.2)).toBeCloseTo(-(0.9 * Math.log(0.9) + 0.1 * Math.log(0.1)), 12);
});

test('a curve has at most twenty points, of four digits', () => {
  for (const steps of [1, 7, 20, 21, 143, 8594]) expect(Math.ceil(steps / CurveNotes.every(steps))).toBeLessThanOrEqual(20);
  const notes = new CurveNotes(64);
  expect(notes.curve).toEqual({ samples: [], loss: [], accuracy: [] });
  notes.add(5, [{ loss: 1.234567, accuracy: 0.5 }, { loss: 2 }]);
  expect(notes.curve).toEqual({ samples: [320], loss: [[1.235], [2]], accuracy: [[0.5], [Number.NaN]] });
});

test('wrong rules are refused', () => {
  expect(() => checkStopRules({ floor: 95, samples: 10 })).toThrow('setup: stops.floor must be above 0 and below 1, got 95');
  expect(() => checkStopRules({ floor: 0.9, samples: 0 })).toThrow('setup: stops.samples must be a positive integer');
});
