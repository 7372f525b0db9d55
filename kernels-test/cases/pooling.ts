import type { Padding, Pair } from '../../src/core/geometry.ts';
import { type Case, type CaseTable, distinct, type Fill, makeCase, normal, ties, times } from './case.ts';
import { definedOnly, describe } from './linear.ts';
import { pairwise } from './pairwise.ts';

export interface PoolingSpec {
  readonly x: readonly [number, number, number, number];
  readonly size: Pair;
  readonly strides?: Pair;
  readonly padding?: Padding;
}

export function maxPooling(spec: PoolingSpec): Case {
  return pooling('maxPool2d', spec, distinct, '', false);
}

export function tiedMaxPooling(spec: PoolingSpec): Case {
  return pooling('maxPool2d', spec, ties, ' with ties', true);
}

export function averagePooling(spec: PoolingSpec): Case {
  return pooling('avgPool2d', spec, normal(), '', false);
}

function globalMaximumPooling(x: readonly [number, number, number, number], fill: Fill = distinct): Case {
  return makeCase('globalMaxPool2d', `${times(x)}${fill === ties ? ' with ties' : ''}`, { x: [x, fill] }, {}, fill === ties);
}

export function globalAveragePooling(x: readonly [number, number, number, number]): Case {
  return makeCase('globalAvgPool2d', times(x), { x: [x, normal()] });
}

function pooling(op: string, spec: PoolingSpec, fill: Fill, suffix: string, kink: boolean): Case {
  const { x, ...options } = spec;
  const attributes = definedOnly(options);
  return makeCase(op, `${times(x)}${describe(attributes)}${suffix}`, { x: [x, fill] }, attributes, kink);
}

const essential: readonly PoolingSpec[] = [
  { x: [3, 8, 8, 2], size: [2, 2] },
  { x: [1, 7, 9, 5], size: [3, 2], strides: [2, 1], padding: 'same' },
  { x: [3, 5, 6, 3], size: [2, 3], strides: [1, 2], padding: [1, 0, 2, 1] },
];

/** Every pair of settings meets; channel counts cycle. An image too small for its window is enlarged until it just fits. */
function settings(): PoolingSpec[] {
  const rows = pairwise({
    size: [
      [2, 2],
      [3, 3],
      [4, 4],
      [2, 5],
    ] as readonly Pair[],
    strides: [undefined, [1, 1], [3, 2], [5, 4]] as readonly (Pair | undefined)[],
    padding: ['same', undefined, 'less than the size'] as const,
    image: [
      [8, 8],
      [7, 5],
      [9, 10],
      [1, 1],
    ] as readonly Pair[],
    batch: [3, 1, 50],
  });
  const channels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 32, 64];
  return rows.map((row, i) => {
    const { size, strides, image } = row;
    const padding: Padding | undefined =
      row.padding === 'less than the size' ? [size[0] - 1, Math.min(1, size[0] - 1), 0, size[1] - 1] : row.padding;
    const sideOf = (axis: 0 | 1) => (padding === 'same' ? image[axis] : Math.max(image[axis], size[axis]));
    return { x: [row.batch, sideOf(0), sideOf(1), channels[i % channels.length] ?? 1], size, strides, padding };
  });
}

const particular: readonly PoolingSpec[] = [
  // The published networks' pools, the larger with a small batch.
  { x: [3, 28, 28, 32], size: [2, 2], padding: 'same' },
  { x: [50, 28, 28, 2], size: [4, 4], padding: 'same' },
  { x: [1, 1, 1, 1], size: [1, 1] },
  { x: [3, 6, 9, 4], size: [6, 9] },
  { x: [1, 67, 35, 3], size: [3, 3], strides: [2, 2], padding: 'same' },
  { x: [3, 9, 9, 4], size: [2, 2], strides: [3, 3] },
];

const tied: readonly PoolingSpec[] = [
  { x: [3, 8, 8, 4], size: [2, 2] },
  { x: [3, 7, 7, 3], size: [3, 3], strides: [1, 1], padding: 'same' },
  { x: [1, 9, 8, 10], size: [2, 5], strides: [3, 2], padding: [1, 1, 2, 3] },
  { x: [50, 4, 4, 1], size: [4, 4] },
];

const global: readonly (readonly [number, number, number, number])[] = [
  [1, 1, 1, 1],
  [50, 7, 7, 10],
  [3, 2, 9, 32],
  [3, 28, 28, 3],
  [1, 8, 8, 64],
  // More taps than a byte of argmax tells, which a mean has no need of.
  [2, 17, 17, 8],
];

export const maxPool2dCases = (): CaseTable => ({
  essential: [...essential.map(maxPooling), ...tied.slice(0, 1).map(tiedMaxPooling)],
  further: [...settings().map(maxPooling), ...particular.map(maxPooling), ...tied.slice(1).map(tiedMaxPooling)],
});

export const avgPool2dCases = (): CaseTable => ({
  essential: essential.map(averagePooling),
  further: [...settings().filter((_, i) => i % 2 === 0), ...particular].map(averagePooling),
});

export const globalAvgPool2dCases = (): CaseTable => ({
  essential: [globalAveragePooling([3, 4, 5, 6])],
  further: global.map(globalAveragePooling),
});

export const globalMaxPool2dCases = (): CaseTable => ({
  essential: [globalMaximumPooling([3, 4, 5, 6]), globalMaximumPooling([2, 3, 4, 5], ties)],
  further: global.map((x) => globalMaximumPooling(x)),
});
