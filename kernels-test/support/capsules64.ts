import { elements } from '../../src/core/value.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';

/** What Keras adds to a squared length. */
const EPSILON = 1e-7;

/** A value in float64, and the gradients of what it is made of from its own. */
export interface Made<G> {
  readonly y: Tensor64;
  backward(dy: Tensor64): G;
}

/** For each vector on the last axis its length sqrt(|x|^2 + 1e-7), [...]; the gradient of a length is x / length. */
export function lengths64(x: Tensor64): Made<Tensor64> {
  const size = x.shape.at(-1) ?? 1;
  const shape = x.shape.slice(0, -1);
  const data = Float64Array.from({ length: elements(shape) }, (_, row) =>
    Math.sqrt(x.data.subarray(row * size, (row + 1) * size).reduce((sum, value) => sum + value * value, EPSILON)),
  );
  return {
    y: { shape, data },
    backward: (dy) => ({
      shape: x.shape,
      data: x.data.map((value, i) => {
        const row = Math.floor(i / size);
        return (at(dy.data, row) * value) / at(data, row);
      }),
    }),
  };
}

/** (1 - exp(-n)) x / n of each vector on the last axis, n its length. */
export function squash64(x: Tensor64): Made<Tensor64> {
  const size = x.shape.at(-1) ?? 1;
  const { data: lengths } = lengths64(x).y;
  const factor = (n: number) => -Math.expm1(-n) / n;
  const y = { shape: x.shape, data: x.data.map((value, i) => factor(at(lengths, Math.floor(i / size))) * value) };
  return {
    y,
    backward(dy) {
      const data = new Float64Array(x.data.length);
      lengths.forEach((n, row) => {
        // d factor / dn = (exp(-n) - factor) / n, and dn / dx = x / n.
        let along = 0;
        for (let i = row * size; i < (row + 1) * size; i++) along += at(dy.data, i) * at(x.data, i);
        const slope = ((Math.exp(-n) - factor(n)) / (n * n)) * along;
        for (let i = row * size; i < (row + 1) * size; i++) data[i] = factor(n) * at(dy.data, i) + slope * at(x.data, i);
      });
      return { shape: x.shape, data };
    },
  };
}

/**
 * The routing of x [N,I,D] by weights [D,I,K,J] and a bias [I,K] to [N,K,J], before it is squashed, one sample after the other as
 * formulas say it: u[k,i] = x[i] W[:,i,k,:], c[i] = softmax over k of (u[k,i] . sum over i' of u[k,i']) / sqrt(J) + bias[i], s[k] = sum over i of
 * c[i,k] u[k,i].
 */
export function route64(x: Tensor64, weights: Tensor64, bias?: Tensor64): Made<Record<'x' | 'weights' | 'bias', Tensor64>> {
  const [batch = 0, given = 0, size = 0] = x.shape;
  const [, , count = 0, dimension = 0] = weights.shape;
  const scale = 1 / Math.sqrt(dimension);
  const range = (length: number) => [...Array(length).keys()];
  const weightAt = (i: number, d: number, k: number, j: number) => ((d * given + i) * count + k) * dimension + j;
  const samples = range(batch).map((n) => {
    const input = (i: number, d: number) => at(x.data, (n * given + i) * size + d);
    /** u[i][k][j] */
    const u = range(given).map((i) =>
      range(count).map((k) =>
        range(dimension).map((j) =>
          range(size).reduce((sum, d) => sum + input(i, d) * at(weights.data, weightAt(i, d, k, j)), 0),
        ),
      ),
    );
    const uAt = (i: number, k: number, j: number) => u[i]?.[k]?.[j] ?? Number.NaN;
    const together = range(count).map((k) => range(dimension).map((j) => range(given).reduce((sum, i) => sum + uAt(i, k, j), 0)));
    const togetherAt = (k: number, j: number) => together[k]?.[j] ?? Number.NaN;
    const shares = range(given).map((i) => {
      const logits = range(count).map(
        (k) => scale * range(dimension).reduce((sum, j) => sum + uAt(i, k, j) * togetherAt(k, j), 0),
      );
      const largest = Math.max(...logits);
      const exponentials = logits.map((logit) => Math.exp(logit - largest));
      const total = exponentials.reduce((sum, value) => sum + value, 0);
      return exponentials.map((value) => value / total);
    });
    const shareAt = (i: number, k: number) => shares[i]?.[k] ?? Number.NaN;
    const countsAt = (i: number, k: number) => shareAt(i, k) + (bias ? at(bias.data, i * count + k) : 0);
    return { input, uAt, togetherAt, shareAt, countsAt };
  });
  const y = { shape: [batch, count, dimension], data: new Float64Array(batch * count * dimension) };
  samples.forEach(({ uAt, countsAt }, n) => {
    for (let k = 0; k < count; k++)
      for (let j = 0; j < dimension; j++)
        y.data[(n * count + k) * dimension + j] = range(given).reduce((sum, i) => sum + countsAt(i, k) * uAt(i, k, j), 0);
  });
  return {
    y,
    backward(dy) {
      const dx = new Float64Array(x.data.length);
      const dWeights = new Float64Array(weights.data.length);
      const dBias = new Float64Array(given * count);
      samples.forEach(({ input, uAt, togetherAt, shareAt, countsAt }, n) => {
        const slope = (k: number, j: number) => at(dy.data, (n * count + k) * dimension + j);
        const dCounts = range(given).map((i) =>
          range(count).map((k) => range(dimension).reduce((sum, j) => sum + slope(k, j) * uAt(i, k, j), 0)),
        );
        const dLogits = dCounts.map((row, i) => {
          const mean = row.reduce((sum, value, k) => sum + value * shareAt(i, k), 0);
          return row.map((value, k) => shareAt(i, k) * (value - mean));
        });
        const dLogitAt = (i: number, k: number) => dLogits[i]?.[k] ?? Number.NaN;
        for (let i = 0; i < given; i++)
          for (let k = 0; k < count; k++) {
            dBias[i * count + k] = at(dBias, i * count + k) + (dCounts[i]?.[k] ?? Number.NaN);
            for (let j = 0; j < dimension; j++) {
              // A prediction counts in the sum, in its own agreement, and in what every other one agrees with.
              const others = range(given).reduce((sum, other) => sum + dLogitAt(other, k) * uAt(other, k, j), 0);
              const du = countsAt(i, k) * slope(k, j) + scale * (dLogitAt(i, k) * togetherAt(k, j) + others);
              for (let d = 0; d < size; d++) {
                const place = weightAt(i, d, k, j);
                dWeights[place] = at(dWeights, place) + du * input(i, d);
                const from = (n * given + i) * size + d;
                dx[from] = at(dx, from) + du * at(weights.data, place);
              }
            }
          }
      });
      return {
        x: { shape: x.shape, data: dx },
        weights: { shape: weights.shape, data: dWeights },
        bias: { shape: [given, count], data: dBias },
      };
    },
  };
}

function at(data: Float64Array, i: number): number {
  const value = data[i];
  if (value === undefined) throw new RangeError(`index ${i} is outside of ${data.length} elements`);
  return value;
}
