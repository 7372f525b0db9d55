import { describe, expect, test } from 'vitest';
import {
  activation,
  avgPool2d,
  batchNorm,
  branch,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  globalAvgPool2d,
  maxPool2d,
  model,
  repeat,
  reshape,
  residual,
} from '../src/index.ts';
import type { Layer } from '../src/model/types.ts';
import { functionHash } from '../src/search/space/function-hash.ts';
import { simplest } from '../src/search/space/simplest.ts';

const paddings = (layers: readonly Layer[]): unknown[] =>
  layers.flatMap((layer) => {
    if (layer.type === 'branch') return layer.paths.map(paddings);
    if (layer.type === 'residual') return [paddings(layer.layers)];
    return 'padding' in layer ? [layer.padding] : [];
  });

const same = { padding: 'same' } as const;
const END = [flatten(), dense(10)];

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

  const relu = { activation: 'relu' } as const;
  test.each<[string, readonly Layer[], readonly Layer[]]>([
    ['pools of one pixel', [conv2d(2, 9), maxPool2d(2, same), avgPool2d(1)], [conv2d(2, 9)]],
    ['a dropout of 0', [dropout(0), conv2d(2, 3)], [conv2d(2, 3)]],
    ['a second flattening', [flatten(), flatten(), reshape([81])], [flatten()]],
    ['an activation after what it can join', [conv2d(2, 3), activation('tanh')], [conv2d(2, 3, { activation: 'tanh' })]],
    ['a ReLU after a ReLU', [conv2d(2, 3, relu), maxPool2d(2), activation('relu')], [conv2d(2, 3, relu), maxPool2d(2)]],
    ['a second normalisation', [conv2d(2, 3), batchNorm(), batchNorm()], [conv2d(2, 3), batchNorm()]],
    ['a repeat of one time', [repeat(1, conv2d(1, 3, same))], [conv2d(1, 3, same)]],
    ['inside of a repeat', [repeat(2, conv2d(1, 3, same), activation('relu'))], [repeat(2, conv2d(1, 3, { ...same, ...relu }))]],
    ['windows of one pixel', [conv2d(2, 9), conv2d(3, 3, { ...same, strides: 2 })], [conv2d(2, 9), conv2d(3, 1)]],
    ['strides of one window', [conv2d(2, 9, { strides: 3 })], [conv2d(2, 9)]],
  ])('has no %s', (_, written, plain) => {
    const end = plain.some(({ type }) => type === 'flatten') ? [dense(10)] : END;
    expect(simplest(model([9, 9, 1], [...written, ...end]))).toEqual(model([9, 9, 1], [...plain, ...end]));
  });

  test.each<[string, readonly Layer[]]>([
    ['a leaky ReLU after another', [conv2d(2, 3, { activation: { type: 'leakyRelu', slope: 0.1 } }), activation('relu')]],
    ['a pool that takes every second pixel', [maxPool2d(1, { strides: 2 })]],
    [
      'a residual',
      [residual(depthwiseConv2d(3, same), activation('relu'), conv2d(1, 1))].map(
        (layer) => simplest(model([9, 9, 1], [layer, ...END])).layers[0] ?? layer,
      ),
    ],
  ])('keeps %s', (_, layers) => {
    const kept = model([9, 9, 1], [...layers, ...END]);
    expect(simplest(kept)).toEqual(kept);
  });
});

describe('networks of one function', () => {
  const hash = (...layers: readonly Layer[]) => functionHash(model([9, 9, 1], layers));
  test.each<[string, readonly Layer[], readonly Layer[]]>([
    [
      'an average of a 1x1 convolution, and a dense layer of averages',
      [conv2d(10, 1), globalAvgPool2d()],
      [globalAvgPool2d(), dense(10)],
    ],
    [
      'a bias that a normalisation takes away',
      [conv2d(4, 3), batchNorm(), ...END],
      [conv2d(4, 3, { bias: false }), batchNorm(), ...END],
    ],
    [
      'a ReLU after a maximum, and before it',
      [conv2d(4, 3), maxPool2d(2), activation('relu'), ...END],
      [conv2d(4, 3, { activation: 'relu' }), maxPool2d(2), ...END],
    ],
    ['an average of one pixel, and a vector of it', [conv2d(4, 9), globalAvgPool2d(), dense(10)], [conv2d(4, 9), ...END]],
    ['a pool of one pixel, and none', [conv2d(4, 9), maxPool2d(3, same), ...END], [conv2d(4, 9), ...END]],
  ])('have one hash: %s', (_, one, other) => {
    expect(hash(...one)).toBe(hash(...other));
  });

  test('have others than those of other functions', () => {
    const others = [
      hash(conv2d(10, 1, { activation: 'relu' }), globalAvgPool2d()),
      hash(conv2d(10, 1), globalAvgPool2d()),
      hash(conv2d(10, 3), globalAvgPool2d()),
      hash(conv2d(4, 3, { activation: 'relu' }), avgPool2d(2), ...END),
      hash(conv2d(4, 3), avgPool2d(2), activation('relu'), ...END),
    ];
    expect(new Set(others).size).toBe(others.length);
  });
});
