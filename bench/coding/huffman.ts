/**
 * The lengths, in bits, of the words of a Huffman code for symbols that occur so often: the two least frequent become one, again and again
 * (Huffman 1952). A canonical code is known by them alone. A single symbol has one bit.
 */
export function huffmanLengths(counts: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  interface Tree {
    readonly count: number;
    readonly symbols: readonly number[];
  }
  const lengths = new Map([...counts.keys()].map((symbol) => [symbol, counts.size === 1 ? 1 : 0]));
  const byCount = (a: Tree, b: Tree) => a.count - b.count;
  const trees: Tree[] = [...counts].map(([symbol, count]) => ({ count, symbols: [symbol] }));
  for (;;) {
    const [first, second, ...others] = trees.sort(byCount);
    if (!first || !second) return lengths;
    for (const symbol of [...first.symbols, ...second.symbols]) lengths.set(symbol, (lengths.get(symbol) ?? 0) + 1);
    trees.splice(0, trees.length, ...others, {
      count: first.count + second.count,
      symbols: [...first.symbols, ...second.symbols],
    });
  }
}

/** Bits of symbols in a Huffman code of their own, and of its table: a length of 5 bits for each of so many symbols. */
export function huffmanBits(symbols: readonly number[], alphabet: number): { readonly words: number; readonly table: number } {
  const counts = new Map<number, number>();
  for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  const lengths = huffmanLengths(counts);
  return {
    words: [...counts].reduce((sum, [symbol, count]) => sum + count * (lengths.get(symbol) ?? 0), 0),
    table: 5 * alphabet,
  };
}
