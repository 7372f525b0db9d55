/** Two lists beside each other, what is alike in both in one row: the longest common subsequence, and between its rows what differs. */
export function alignedBy<T>(
  left: readonly T[],
  right: readonly T[],
  nameOf: (item: T) => string,
): (readonly [T | undefined, T | undefined])[] {
  const [a, b] = [left.map(nameOf), right.map(nameOf)];
  // common[i][j]: how many are alike from left[i] and right[j] on.
  const common = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      (common[i] as number[])[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const rows: (readonly [T | undefined, T | undefined])[] = [];
  for (let [i, j] = [0, 0]; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) rows.push([left[i++], right[j++]]);
    else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) rows.push([left[i++], undefined]);
    else rows.push([undefined, right[j++]]);
  }
  return rows;
}
