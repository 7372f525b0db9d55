import { describe, expect, test } from 'vitest';
import { DataError, OptionError, ShapeError } from '../src/core/errors.ts';
import { threefry2x32 } from '../src/core/threefry.ts';
import type { Value } from '../src/core/value.ts';
import { referenceGradOp, referenceOp, references } from '../src/reference/index.ts';
import { image, type Nested, value, values } from './support/example.ts';
import { examples } from './support/worked-examples.ts';

function expectClose(got: Value, expected: Nested): void {
  const { shape, data } = value(expected);
  expect(got.shape).toEqual(shape);
  // Both sides are rounded to float32 once: a unit in the last place apart at most.
  got.data.forEach((element, i) => {
    expect(Math.abs(element - (data[i] ?? Number.NaN)), `element ${i}: ${element}, not ${data[i]}`).toBeLessThanOrEqual(
      2 ** -23 * Math.abs(element),
    );
  });
}

describe('the references agree with values worked out by hand', () => {
  for (const { op, says, inputs, attributes, output, outputGradient, gradients } of examples)
    test(`${op} ${says}`, () => {
      expectClose(referenceOp(op, values(inputs), attributes), output);
      if (outputGradient === undefined || gradients === undefined) return;
      const got = referenceGradOp(op, values(inputs), value(outputGradient), attributes);
      expect(Object.keys(got)).toEqual(Object.keys(gradients));
      for (const [name, gradient] of Object.entries(gradients)) expectClose(got[name] as Value, gradient);
    });

  test('every reference has such a value', () => {
    expect([...new Set(examples.map(({ op }) => op))].sort()).toEqual(Object.keys(references).sort());
  });
});

describe('Threefry-2x32-20 gives the known answers of Random123', () => {
  test.each([
    [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
  ])('key %i %i, counter %i %i', (key0, key1, counter0, counter1, first, second) => {
    expect(threefry2x32(key0, key1, counter0, counter1)).toEqual([first, second]);
  });
});

describe('the references refuse', () => {
  test('an operation that does not exist', () => {
    expect(() => referenceOp('conv3d', {})).toThrow(OptionError);
  });
  test('a missing input', () => {
    expect(() => referenceOp('relu', {})).toThrow(ShapeError);
  });
  test('a pooling window that holds nothing but padding', () => {
    const attributes = { size: [1, 2], padding: [0, 0, 2, 0] };
    expect(() => referenceOp('maxPool2d', values({ x: image([[1, 2]]) }), attributes)).toThrow(ShapeError);
    expect(() => referenceOp('avgPool2d', values({ x: image([[1, 2]]) }), attributes)).toThrow(ShapeError);
  });
  test('a label that is no class', () => {
    expect(() => referenceOp('softmaxCrossEntropy', values({ logits: [[1, 2]], labels: [2] }))).toThrow(DataError);
  });
  test('a rate of 1', () => {
    expect(() => referenceOp('dropout', values({ x: [1] }), { rate: 1, seed: 0, step: 0 })).toThrow(OptionError);
  });
});
