import { describe, expect, test } from 'vitest';
import { withoutDivergedRates } from '../src/search/diverged-rates.ts';

const TRIAL = { seeds: [4, 5], rates: [0.1, 0.2, 0.3] };
const weights = (...data: number[]) => new Map([['dense_1/weights', { shape: [data.length], data: new Float32Array(data) }]]);

describe('the result of a trial', () => {
  const whole = {
    outcome: { status: 'trained' as const, accuracy: [0.9, 0.8, 0.7, 0.6, 0.5, 0.4], loss: [1, 2, 3, 4, 5, 6] },
    weights: [1, 2, 3, 4, 5, 6].map((value) => weights(value)),
    latency: 7,
  };

  /** The result, with another value of one replica. */
  const spoilt = (replica: number, name: 'accuracy' | 'loss', value: number) => ({
    ...whole,
    outcome: { ...whole.outcome, [name]: whole.outcome[name].map((good, index) => (index === replica ? value : good)) },
  });

  test('of finite figures and weights is as it is', () => expect(withoutDivergedRates(TRIAL, whole)).toBe(whole));

  test.each([
    [2, [0.1]],
    [3, [0.1]],
    [5, [0.1, 0.2]],
  ])('with a loss that is no number in replica %i keeps the rates below', (replica, rates) => {
    const count = 2 * rates.length;
    expect(withoutDivergedRates(TRIAL, spoilt(replica, 'loss', Number.NaN))).toEqual({
      outcome: {
        status: 'trained',
        accuracy: whole.outcome.accuracy.slice(0, count),
        loss: whole.outcome.loss.slice(0, count),
        rates,
      },
      weights: whole.weights.slice(0, count),
      latency: 7,
    });
  });

  test.each([
    ['an infinite loss', spoilt(1, 'loss', Number.POSITIVE_INFINITY), 'the validation loss is Infinity'],
    ['no accuracy', spoilt(1, 'accuracy', Number.NaN), 'the validation accuracy is NaN'],
    [
      'weights that overflowed',
      { ...whole, weights: [weights(1), weights(2, Number.POSITIVE_INFINITY)] },
      'the weights dense_1/weights hold a number that is not finite',
    ],
  ])('with %s at the lowest rate has diverged, and has no weights', (_, result, reason) => {
    expect(withoutDivergedRates(TRIAL, result)).toEqual({
      outcome: { status: 'diverged', reason: `Of seed 5 at learning rate 0.1, ${reason}` },
    });
  });

  test('of which some rates diverged in training names the rates that were trained', () => {
    const { outcome } = spoilt(3, 'loss', Number.NaN);
    const fewer = { ...outcome, accuracy: outcome.accuracy.slice(0, 4), loss: outcome.loss.slice(0, 4), rates: [0.1, 0.2] };
    expect(withoutDivergedRates(TRIAL, { outcome: fewer }).outcome).toMatchObject({ accuracy: [0.9, 0.8], rates: [0.1] });
  });
});
