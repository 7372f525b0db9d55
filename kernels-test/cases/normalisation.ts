import type { Shape } from '../../src/core/value.ts';
import { type Case, type CaseTable, cycle, type Fill, makeCase, normal, oddMultiples, times } from './case.ts';
import { describe } from './linear.ts';

/** Variances: positive, from 1/8 to 15/8. */
const positive: Fill = (random, count) => oddMultiples(1 / 8)(random, count).map(Math.abs);

export function batchNormalisation(x: Shape, statistics: 'batch' | 'given', epsilon?: number, fill: Fill = normal(2, 1)): Case {
  const channels = [x.at(-1) ?? 1];
  const name = `${times(x)} ${statistics} statistics${epsilon === undefined ? '' : ` epsilon ${epsilon}`}`;
  return makeCase(
    'batchNorm',
    name,
    {
      x: [x, fill],
      scale: [channels, normal(1, 0.5)],
      offset: [channels, normal()],
      ...(statistics === 'given' && { mean: [channels, normal()] as const, variance: [channels, positive] as const }),
    },
    epsilon === undefined ? {} : { epsilon },
  );
}

export const batchNormCases = (): CaseTable => ({
  essential: [batchNormalisation([3, 5, 4, 3], 'batch'), batchNormalisation([3, 5, 4, 3], 'given')],
  further: [
    batchNormalisation([1, 1, 1, 1], 'batch'),
    batchNormalisation([50, 10], 'batch', 1e-5),
    batchNormalisation([50, 7, 7, 1], 'batch'),
    batchNormalisation([3, 9, 5, 7], 'batch', 0.1),
    batchNormalisation([3, 6, 6, 32], 'batch'),
    batchNormalisation([1, 3, 3, 64], 'batch'),
    batchNormalisation([50, 14, 14, 2], 'batch'),
    // Parts too many to be joined by their readers.
    batchNormalisation([34_000, 2], 'batch'),
    // Rows that are walked down in two blocks of lanes.
    batchNormalisation([4, 3, 67], 'batch'),
    batchNormalisation([3, 5, 3, 33], 'batch'),
    // A mean of thirty standard deviations, where E[x^2] - mean^2 has lost three digits.
    batchNormalisation([50, 4, 4, 5], 'batch', 1e-3, normal(1, 30)),
    // No variance: xhat is 0 throughout.
    batchNormalisation([5, 4], 'batch', 1e-3, cycle(3, -1, 0, 0.5)),
    batchNormalisation([1, 1, 1, 1], 'given'),
    batchNormalisation([50, 10], 'given', 1e-5),
    batchNormalisation([3, 6, 6, 64], 'given'),
    batchNormalisation([50, 9, 5, 9], 'given'),
  ],
});

export function layerNormalisation(
  x: Shape,
  attributes: Record<string, unknown> = {},
  scalar = false,
  fill: Fill = normal(2, 1),
): Case {
  const channels = scalar ? [1] : [x.at(-1) ?? 1];
  const name = `${times(x)}${scalar ? ' scalar' : ''}${describe(attributes)}`;
  return makeCase(
    'layerNorm',
    name,
    { x: [x, fill], scale: [channels, normal(1, 0.5)], offset: [channels, normal()] },
    attributes,
  );
}

export const layerNormCases = (): CaseTable => ({
  essential: [layerNormalisation([3, 5, 4, 3]), layerNormalisation([3, 5, 4, 3], { axes: 'sample' }, true)],
  further: [
    layerNormalisation([1, 2]),
    layerNormalisation([50, 10], { epsilon: 1e-5 }),
    layerNormalisation([3, 5, 4, 8], {}, true),
    layerNormalisation([50, 9, 7, 4], { axes: 'sample' }),
    layerNormalisation([2, 17, 19, 5], { axes: 'sample', epsilon: 0.1 }, true),
    layerNormalisation([3, 300]),
    // More groups than sums of their gradients have parts.
    layerNormalisation([1300, 128]),
    layerNormalisation([67, 1, 1, 3], { axes: 'channels' }),
    // A mean of thirty standard deviations, and none at all.
    layerNormalisation([3, 5, 5, 4], { axes: 'sample' }, false, normal(1, 30)),
    layerNormalisation([5, 4], {}, false, cycle(3)),
  ],
});

export function dropoutCase(x: Shape, rate: number, seed: number, step: number, layer?: number): Case {
  const attributes = { rate, seed, step, ...(layer !== undefined && { layer }) };
  const name = `${times(x)} rate ${rate} seed ${seed} step ${step}${layer === undefined ? '' : ` layer ${layer}`}`;
  return makeCase('dropout', name, { x: [x, normal()] }, attributes);
}

export const dropoutCases = (): CaseTable => ({
  essential: [dropoutCase([3, 50], 0.5, 1, 0), dropoutCase([3, 4, 5, 3], 0.25, 7, 3, 2)],
  further: [
    dropoutCase([1], 0.5, 0, 0),
    dropoutCase([50, 10], 0, 3, 1),
    dropoutCase([50, 64], 0.9, 12, 19_999),
    dropoutCase([4099], 0.1, 4_294_967_295, 4_294_967_295, 4_294_967_295),
    dropoutCase([3, 7, 5, 9], 0.999, 2_147_483_648, 65_536, 1),
    dropoutCase([3, 333], 1 / 3, 5, 100, 7),
  ],
});
