/** Pivots of a matrix with a diagonal of ones below this count as 0: what rests on them is rounding. */
const LEAST_PIVOT = 1e-11;

/**
 * The inverse of a symmetric, positive semidefinite matrix by Gauss-Jordan elimination, scaled to a diagonal of ones first.
 * Undefined where it is singular, to rounding.
 */
export function invertSymmetric(matrix: readonly (readonly number[])[]): number[][] | undefined {
  const size = matrix.length;
  const scale = matrix.map((row, index) => Math.sqrt(row[index] ?? 0));
  if (scale.some((value) => !(value > 0 && Number.isFinite(value)))) return undefined;
  const at = (values: readonly number[], index: number) => values[index] ?? 0;
  const left = matrix.map((row, i) => row.map((value, j) => value / (at(scale, i) * at(scale, j))));
  const right = matrix.map((_, i) => matrix.map((_, j) => (i === j ? 1 : 0)));
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++)
      if (Math.abs(at(left[row] ?? [], column)) > Math.abs(at(left[pivot] ?? [], column))) pivot = row;
    for (const side of [left, right]) {
      const row = side[pivot] ?? [];
      side[pivot] = side[column] ?? [];
      side[column] = row;
    }
    const divisor = at(left[column] ?? [], column);
    if (!(Math.abs(divisor) > LEAST_PIVOT)) return undefined;
    for (const side of [left, right]) side[column] = (side[column] ?? []).map((value) => value / divisor);
    for (let row = 0; row < size; row++) {
      const factor = at(left[row] ?? [], column);
      if (row === column || factor === 0) continue;
      for (const side of [left, right])
        side[row] = (side[row] ?? []).map((value, index) => value - factor * at(side[column] ?? [], index));
    }
  }
  return right.map((row, i) => row.map((value, j) => value / (at(scale, i) * at(scale, j))));
}

/** J^T J of a matrix of rows. */
export function gram(rows: readonly (readonly number[])[]): number[][] {
  const size = rows[0]?.length ?? 0;
  const indices = Array.from({ length: size }, (_, index) => index);
  return indices.map((i) => indices.map((j) => rows.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0)));
}

/** The x that makes |A x - b| least; undefined where the columns of A depend on each other. */
export function linearLeastSquares(rows: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const inverse = invertSymmetric(gram(rows));
  const columns = rows[0]?.map((_, column) =>
    rows.reduce((sum, row, index) => sum + (row[column] ?? 0) * (right[index] ?? 0), 0),
  );
  return inverse?.map((row) => row.reduce((sum, value, index) => sum + value * (columns?.[index] ?? 0), 0));
}
