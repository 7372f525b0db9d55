import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { DataError } from 'paredown/node';

export interface LeastSquares {
  /** Columns of x by columns of y. */
  readonly weights: Matrix;
  /** Singular values that count: above the largest one times the larger side of x times the rounding of float64. */
  readonly rank: number;
  /** The smallest that counts. */
  readonly smallest: number;
  readonly largest: number;
}

/**
 * The weights of least norm among those that minimise |x weights - y|, by the singular value decomposition of x: it needs no
 * product of x with itself, whose condition number would be squared, and serves every shape and rank. Throws a DataError where a
 * number is not finite or the rows of x and y differ in number.
 */
export function minimumNorm(x: Matrix, y: Matrix): LeastSquares {
  if (x.rows !== y.rows) throw new DataError(`minimumNorm: ${x.rows} rows of x, but ${y.rows} of y`);
  for (const [name, matrix] of Object.entries({ x, y }))
    if (!matrix.to1DArray().every(Number.isFinite)) throw new DataError(`minimumNorm: ${name} holds a number that is not finite`);
  const { leftSingularVectors, rightSingularVectors, diagonal } = new SingularValueDecomposition(x, { autoTranspose: true });
  const largest = diagonal[0] ?? 0;
  const cutoff = Number.EPSILON * Math.max(x.rows, x.columns) * largest;
  const rank = diagonal.filter((value) => value > cutoff).length;
  if (rank === 0) return { weights: Matrix.zeros(x.columns, y.columns), rank, smallest: 0, largest };
  // The values descend: what counts comes first.
  const along = leftSingularVectors
    .subMatrix(0, x.rows - 1, 0, rank - 1)
    .transpose()
    .mmul(y);
  const scaled = along.mulColumnVector(diagonal.slice(0, rank).map((value) => 1 / value));
  const weights = rightSingularVectors.subMatrix(0, x.columns - 1, 0, rank - 1).mmul(scaled);
  return { weights, rank, smallest: diagonal[rank - 1] ?? 0, largest };
}
