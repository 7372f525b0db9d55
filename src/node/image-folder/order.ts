/**
 * Puts records of `bytes` each into another order, in place: record `order[i]` comes to index i. `order` holds each index once.
 * Takes memory for one record and a byte an index.
 */
export function reorder(data: Uint8Array, bytes: number, order: ArrayLike<number>): void {
  const done = new Uint8Array(order.length);
  const first = new Uint8Array(bytes);
  for (let start = 0; start < order.length; start++) {
    if (done[start] === 1) continue;
    first.set(data.subarray(start * bytes, (start + 1) * bytes));
    let index = start;
    for (;;) {
      done[index] = 1;
      const from = order[index] as number;
      if (from === start) break;
      data.copyWithin(index * bytes, from * bytes, (from + 1) * bytes);
      index = from;
    }
    data.set(first, index * bytes);
  }
}
