import { linearLeastSquares } from './linear.ts';

/** The x within its bounds that makes |A x - b| least, by fixing what would leave them, the worst first. */
export function boundedLeastSquares(
  rows: readonly (readonly number[])[],
  right: readonly number[],
  least: readonly number[],
  most: readonly number[],
): number[] {
  const fixed = new Map<number, number>();
  for (;;) {
    const free = least.flatMap((_, column) => (fixed.has(column) ? [] : [column]));
    const rest = right.map((value, row) => {
      const known = [...fixed].reduce((sum, [column, at]) => sum + (rows[row]?.[column] ?? 0) * at, 0);
      return value - known;
    });
    const solved =
      free.length === 0
        ? []
        : linearLeastSquares(
            rows.map((row) => free.map((column) => row[column] ?? 0)),
            rest,
          );
    let worst: { readonly column: number; readonly bound: number; readonly excess: number } | undefined;
    free.forEach((column, row) => {
      // Columns that depend on each other: one of them is given up.
      const value = solved ? (solved[row] ?? 0) : 0;
      const bound = Math.min(Math.max(value, least[column] ?? value), most[column] ?? value);
      const excess = solved ? Math.abs(value - bound) : row + 1;
      if (excess > (worst?.excess ?? 0)) worst = { column, bound, excess };
    });
    if (!worst) return least.map((_, column) => fixed.get(column) ?? solved?.[free.indexOf(column)] ?? 0);
    fixed.set(worst.column, worst.bound);
  }
}
