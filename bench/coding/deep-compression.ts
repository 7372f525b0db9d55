import { huffmanBits } from './huffman.ts';

/** What a tensor takes as Deep Compression codes it, in bits. */
export interface CodedByHuffman {
  /** Numbers that are not 0. */
  readonly kept: number;
  /** Distinct ones of them. */
  readonly book: number;
  /** Bits of an index of its code book, and of a distance to the number before, as they are and in Huffman codes. */
  readonly weightBits: number;
  readonly weightHuffman: number;
  readonly indexBits: number;
  readonly indexHuffman: number;
  /** All of it: words, their tables and the numbers of the book as float32. */
  readonly total: number;
}

const INDEX_BITS = [3, 4, 5, 6, 7, 8];

/**
 * S. Han et al., "Deep compression" (ICLR 2016): of each number that is not 0 its index in the code book and its distance from the one
 * before, of so few bits that far ones need zeros in between, each in a Huffman code. The bits of a distance are those that take least.
 */
export function codedByHuffman(data: Float32Array): CodedByHuffman {
  const book = new Map([...new Set(data)].filter((value) => value !== 0).map((value, index) => [value, index + 1]));
  const kept = data.filter((value) => value !== 0).length;
  const weightBits = Math.ceil(Math.log2(book.size + 1));
  const all = INDEX_BITS.map((indexBits): CodedByHuffman => {
    const [weights, distances]: [number[], number[]] = [[], []];
    const reach = 2 ** indexBits;
    let gap = 0;
    for (const value of data) {
      gap++;
      if (value === 0 && gap < reach) continue;
      weights.push(value === 0 ? 0 : (book.get(value) ?? 0));
      distances.push(gap - 1);
      gap = 0;
    }
    const words = huffmanBits(weights, book.size + 1);
    // Where nothing is 0 nobody needs distances.
    const places = kept === data.length ? { words: 0, table: 0 } : huffmanBits(distances, reach);
    const total = words.words + words.table + places.words + places.table + 32 * book.size;
    const mean = (bits: number) => bits / Math.max(1, weights.length);
    return {
      kept,
      book: book.size,
      weightBits,
      weightHuffman: mean(words.words),
      indexBits,
      indexHuffman: mean(places.words),
      total,
    };
  });
  return all.reduce((least, one) => (one.total < least.total ? one : least));
}
