import { expect, test } from 'vitest';
import { windowGeometry } from '../src/core/geometry.ts';
import { NO_EPILOGUE } from '../src/kernels/epilogue.ts';
import { MOST_ROUNDINGS } from '../src/kernels/long-sum.ts';
import { gradientColumnsVariant, partsOf, termsOf } from '../src/kernels/separable/cpu/gradient-columns.ts';
import { separableGradientParts } from '../src/kernels/separable-gradient.ts';

const LIMITS = { maxInvocations: 256, maxWorkgroupStorageBytes: 16384, maxWorkgroupsPerDimension: 65535 };

function shapeOf(batch: number, height: number, width: number) {
  const geometry = windowGeometry('test', [height, width], [3, 3], [1, 1], 'same', [1, 1]);
  return { batch, geometry, inputChannels: 4, outputChannels: 4, epilogue: NO_EPILOGUE };
}

test('no partial sum of a parameter’s gradient has more terms than may be added one after the other', () => {
  for (const lanes of [8, 16])
    for (const height of [1, 2, 7, 14, 28, 56, 112, 213, 320, 321, 600, 640])
      for (const width of [1, 7, 13, 28, 112, 224])
        for (const batch of [1, 2, 5, 8, 31, 32, 64, 128, 256, 1000]) {
          const shape = shapeOf(batch, height, width);
          const terms = termsOf(shape, partsOf(shape, lanes), lanes);
          expect(terms, `${batch} x ${height} x ${width}, ${lanes} lanes`).toBeLessThanOrEqual(MOST_ROUNDINGS);
        }
});

test('what would have more is refused', () => {
  const capabilities = { kind: 'cpu', subgroupSize: 8, ...LIMITS } as const;
  const view = (rows: number, channels: number) => ({
    rows,
    channels,
    rowStride: channels,
    offset: 0,
    replicaStride: rows * channels,
  });
  const serves = (batch: number, height: number, parts?: number) => {
    const shape = shapeOf(batch, height, 7);
    const x = view(batch * height * 7, 4);
    const filters = { depthwise: view(9, 4), filter: view(4, 4), depthwiseLength: 36, filterLength: 16, biasLength: 4 };
    const rest = { replicas: 1, groups: 4, bias: true, x, y: x, dy: x, savedIsInput: false, ...filters };
    return gradientColumnsVariant.supports(
      { ...shape, ...rest, parts: parts ?? separableGradientParts(shape, capabilities) },
      capabilities,
    );
  };
  expect(serves(1, 640)).toBe(true);
  expect(serves(1, 641)).toBe(false);
  expect(serves(40, 32)).toBe(true);
  expect(serves(40, 32, 1)).toBe(false);
});
