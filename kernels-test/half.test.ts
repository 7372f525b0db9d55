import { expect, test } from 'vitest';
import { fromHalf, toHalf } from '../src/core/half.ts';

const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);

test('half floats come back from numbers bit for bit', () => {
  const numbers = fromHalf(all);
  const back = toHalf(numbers);
  expect(all.filter((bits, i) => !Number.isNaN(numbers[i]) && back[i] !== bits)).toHaveLength(0);
});

test('half floats are the nearest, the even one of two', () => {
  const numbers = fromHalf(all.subarray(0, 0x7c00));
  for (const [share, up] of [
    [0.49, () => 0],
    [0.5, (bits: number) => bits & 1],
    [0.51, () => 1],
  ] as const) {
    const between = numbers.map((number, bits) => number + share * ((numbers[bits + 1] ?? 2 ** 16) - number));
    expect(toHalf(between)).toEqual(Uint16Array.from(numbers, (_, bits) => bits + up(bits)));
  }
});
