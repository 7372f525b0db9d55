import { describe, expect, test } from 'vitest';
import { avgPool2d, branch, conv2d, dense, flatten, maxPool2d, model, residual } from '../src/index.ts';
import type { Layer } from '../src/model/types.ts';
import { simplest } from '../src/search/space/simplest.ts';

const paddings = (layers: readonly Layer[]): unknown[] =>
  layers.flatMap((layer) => {
    if (layer.type === 'branch') return layer.paths.map(paddings);
    if (layer.type === 'residual') return [paddings(layer.layers)];
    return 'padding' in layer ? [layer.padding] : [];
  });

describe('the simplest writing of a network', () => {
  test("has 'same' padding only where it adds something, also inside of residuals and branches", () => {
    const written = model(
      [9, 9, 1],
      [
        conv2d(4, 3, { padding: 'same' }),
        conv2d(4, 1, { padding: 'same' }),
        residual(conv2d(4, 3, { padding: 'same' }), conv2d(4, 1, { padding: 'same' })),
        branch([conv2d(2, 1, { padding: 'same' })], [conv2d(2, 3, { padding: 'same' })]),
        maxPool2d(3, { padding: 'same' }),
        avgPool2d(2, { padding: 'same' }),
        flatten(),
        dense(10),
      ],
    );
    const plain = simplest(written);
    expect(paddings(plain.layers)).toEqual(['same', 'valid', ['same', 'valid'], ['valid'], ['same'], 'valid', 'same']);
    expect(simplest(plain)).toEqual(plain);
  });
});
