import { expect, test } from 'vitest';
import { codedByHuffman } from '../bench/coding/deep-compression.ts';
import { huffmanBits, huffmanLengths } from '../bench/coding/huffman.ts';

test('the words of a Huffman code are as long as the textbook has them', () => {
  // Cormen et al., "Introduction to Algorithms", chapter 15.3.
  const counts = new Map([45, 13, 12, 16, 9, 5].map((count, symbol) => [symbol, count]));
  expect([...huffmanLengths(counts).values()]).toEqual([1, 3, 3, 3, 4, 4]);
  expect(huffmanLengths(new Map([[7, 3]]))).toEqual(new Map([[7, 1]]));
  expect(huffmanLengths(new Map())).toEqual(new Map());
  expect(huffmanBits([1, 1, 1, 2], 4)).toEqual({ words: 4, table: 20 });
});

test('what is 0 takes distances, and zeros in between where they are far', () => {
  const near = codedByHuffman(Float32Array.of(0, 3, 0, 0, 5, 3, 0, 0));
  expect(near).toMatchObject({ kept: 3, book: 2, weightBits: 2, indexBits: 3 });
  // Words 3, 5, 3 and distances 1, 2, 0: bits, tables of 3 and 8 lengths, two numbers.
  expect(near.total).toBe(3 + 15 + (2 + 2 + 1) + 40 + 64);
  const far = codedByHuffman(Float32Array.from({ length: 100 }, (_, at) => (at % 50 === 49 ? 1 : 0)));
  expect(far.kept).toBe(2);
  expect(codedByHuffman(Float32Array.of(1, 2)).total).toBe(2 + 15 + 64);
});
