/**
 * Puts records of `bytes` each into another order, in place: record `order[i]` comes to place i. `order` holds each index once.
 * Takes memory for one record and a byte an index.
 */
export function reorder(data: Uint8Array, bytes: number, order: ArrayLike<number>): void {
  const done = new Uint8Array(order.length);
  const first = new Uint8Array(bytes);
  for (let start = 0; start < order.length; start++) {
    if (done[start] === 1) continue;
    first.set(data.subarray(start * bytes, (start + 1) * bytes));
    let place = start;
    for (;;) {
      done[place] = 1;
      const from = order[place] as number;
      if (from === start) break;
      data.copyWithin(place * bytes, from * bytes, (from + 1) * bytes);
      place = from;
    }
    data.set(first, place * bytes);
  }
}
