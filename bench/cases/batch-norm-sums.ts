import { DIVISION, RECIPROCAL_SQUARE_ROOT, sumError, UNIT } from '../../kernels-test/support/rounding.ts';
import { type BatchNormProblem, batchNormSplits } from '../../src/kernels/batch-norm/problem.ts';
import { INVERSE_DEVIATION, labelOf, MEAN, momentsGiven } from './batch-norm.ts';
import { after, type Contents, type ExpectedOutput, type KernelCase, timed } from './case.ts';
import { normals } from './draw.ts';
import { NOTHING, placed, single, stateWords, unwritten, viewElements } from './layout.ts';

// The passes of a batch normalisation that add rows up. src/reference has the whole operation only, so each has its float64 loop
// here. Errors: those of a sum over a part's rows, divisions, and roundings that are named.

/** Adds up f(row, channel) over the rows of each part. */
function partSums({ x }: BatchNormProblem, f: (row: number, channel: number, split: number) => number): Float64Array[] {
  const { splits, perSplit } = batchNormSplits(x.rows);
  return Array.from({ length: splits }, (_, split) => {
    const sums = new Float64Array(x.channels);
    for (let row = split * perSplit; row < Math.min(x.rows, (split + 1) * perSplit); row++)
      for (let c = 0; c < x.channels; c++) sums[c] = (sums[c] as number) + f(row, c, split);
    return sums;
  });
}

/** Pairs [split, channel, 2] of two lists of sums. */
function pairs(first: readonly Float64Array[], second: readonly Float64Array[]): Float64Array {
  return Float64Array.from(first.flatMap((sums, s) => [...sums].flatMap((sum, c) => [sum, second[s]?.[c] ?? 0])));
}

const floats = (memory: ArrayBuffer | undefined) => new Float32Array(memory ?? new ArrayBuffer(0));

/** { mean, sum of squared deviations } of a part's rows, or, with dy, { sum of dy, sum of dy xhat }. */
export function batchNormStatisticsCase(problem: BatchNormProblem): KernelCase {
  const { x, dy } = problem;
  const label = labelOf(problem);
  const { splits, perSplit } = batchNormSplits(x.rows);
  return {
    shape: `${label}${dy ? ' sums of dy' : ' moments by part'}`,
    operations: viewElements(x) * 4,
    bytes: 4 * (viewElements(x) + viewElements(dy) + 2 * splits * x.channels),
    data() {
      const values = normals(label, 0, [x.rows, x.channels]).data;
      const gradients = normals(label, 1, [x.rows, x.channels]).data;
      const at = (row: number, c: number) => values[row * x.channels + c] as number;
      const gradientAt = (row: number, c: number) => gradients[row * x.channels + c] as number;
      const count = (split: number) => Math.min(x.rows, (split + 1) * perSplit) - split * perSplit;
      const forward = () => {
        const means = partSums(problem, at).map((sums, split) => sums.map((sum) => sum / count(split)));
        return pairs(
          means,
          partSums(problem, (row, c, split) => (at(row, c) - (means[split]?.[c] ?? 0)) ** 2),
        );
      };
      const xhat = (row: number, c: number) => (at(row, c) - MEAN) * INVERSE_DEVIATION;
      const backward = () =>
        pairs(
          partSums(problem, gradientAt),
          partSums(problem, (row, c) => gradientAt(row, c) * xhat(row, c)),
        );
      const magnitudes = () =>
        dy
          ? pairs(
              partSums(problem, (row, c) => Math.abs(gradientAt(row, c))),
              partSums(problem, (row, c) => Math.abs(gradientAt(row, c)) * (Math.abs(at(row, c)) + MEAN)),
            )
          : pairs(
              partSums(problem, (row, c) => Math.abs(at(row, c))).map((sums, split) => sums.map((sum) => sum / count(split))),
              partSums(problem, (row, c) => at(row, c) ** 2),
            );
      const gradient = problem.joined && dy ? unwritten(splits * problem.gradientReplica) : NOTHING;
      return {
        bindings: [
          placed(x, values),
          dy ? placed(dy, gradients) : NOTHING,
          dy ? momentsGiven(problem) : NOTHING,
          NOTHING,
          stateWords(),
          unwritten(2 * splits * x.channels),
          gradient,
          gradient.slice() as Contents,
        ],
        expected: () =>
          after(timed(dy ? backward : forward), (sums) => {
            const magnitude = magnitudes();
            return [
              {
                name: 'sums by part',
                values: sums,
                error: (i: number) => (3 * sumError(perSplit) + DIVISION + 6 * UNIT) * (magnitude[i] ?? 0),
                actual: ([, , , , , partial]: readonly ArrayBuffer[]) => floats(partial),
              },
            ];
          }),
      };
    },
  };
}

/** Parts' means and squared deviations, joined. */
export function batchNormMomentsCase(problem: BatchNormProblem): KernelCase {
  const { x, momentum, epsilon, runningReplica } = problem;
  const { splits, perSplit } = batchNormSplits(x.rows);
  const label = `${labelOf(problem)} moments`;
  const running = momentum !== undefined;
  return {
    shape: `${label}${running ? ', running' : ''}`,
    operations: splits * x.channels * 9,
    bytes: 4 * x.channels * (2 * splits + 2 + (running ? 4 : 0)),
    data() {
      const means = normals(label, 0, [splits, x.channels], 0.1).data;
      const squares = normals(label, 1, [splits, x.channels]).data.map((value) => Math.fround(perSplit * (1 + 0.1 * value)));
      const kept: Contents = single(new Float64Array(running ? runningReplica : 64).fill(1));
      const join = () => {
        const found = { mean: new Float64Array(x.channels), variance: new Float64Array(x.channels) };
        for (let c = 0; c < x.channels; c++) {
          const parts = Array.from({ length: splits }, (_, s) => {
            const rows = Math.min(x.rows, (s + 1) * perSplit) - s * perSplit;
            return { rows, mean: means[s * x.channels + c] as number, squares: squares[s * x.channels + c] as number };
          });
          const mean = parts.reduce((sum, part) => sum + (part.mean * part.rows) / x.rows, 0);
          found.mean[c] = mean;
          found.variance[c] = parts.reduce((sum, part) => sum + part.squares + part.rows * (part.mean - mean) ** 2, 0) / x.rows;
        }
        return found;
      };
      return {
        bindings: [single(pairsOf(means, squares)), stateWords(), unwritten(2 * x.channels), kept, kept.slice() as Contents],
        expected: () =>
          after(timed(join), ({ mean, variance }): ExpectedOutput[] => {
            const inverse = variance.map((value) => 1 / Math.sqrt(value + epsilon));
            const relative = sumError(splits) + 8 * UNIT + DIVISION + RECIPROCAL_SQUARE_ROOT;
            const moved = (values: Float64Array) => values.map((value) => (momentum ?? 0) + (1 - (momentum ?? 0)) * value);
            const bound = (values: Float64Array) => (i: number) => 4 * relative * (Math.abs(values[i] ?? 0) + 1);
            const output = (name: string, binding: number, values: Float64Array): ExpectedOutput => ({
              name,
              values,
              error: bound(values),
              actual: (memory) => floats(memory[binding]).subarray(0, values.length),
            });
            return [
              output('moments', 2, pairsOf(mean, inverse)),
              ...(running ? [output('running mean', 3, moved(mean)), output('running variance', 4, moved(variance))] : []),
            ];
          }),
      };
    },
  };
}

/** The parts' sums of dy and dy xhat, added. */
export function batchNormSumsCase(problem: BatchNormProblem): KernelCase {
  const { x, gradientReplica } = problem;
  const { splits } = batchNormSplits(x.rows);
  const label = `${labelOf(problem)} sums`;
  return {
    shape: label,
    operations: 2 * splits * x.channels,
    bytes: 4 * x.channels * (2 * splits + 4),
    data() {
      const partial = normals(label, 0, [splits, x.channels, 2]).data;
      const add = (of: (value: number) => number) => {
        const sums = new Float64Array(2 * x.channels);
        partial.forEach((value, i) => {
          sums[i % sums.length] = (sums[i % sums.length] as number) + of(value);
        });
        return sums;
      };
      return {
        bindings: [single(partial), unwritten(gradientReplica), unwritten(gradientReplica), unwritten(2 * x.channels)],
        expected: () =>
          after(
            timed(() => add((value) => value)),
            (sums) => {
              const magnitude = add(Math.abs);
              const error = (i: number) => sumError(splits) * (magnitude[i] ?? 0);
              const one = (name: string, binding: number, first: 0 | 1) => ({
                name,
                values: sums.filter((_, i) => i % 2 === first),
                error: (i: number) => error(2 * i + first),
                actual: (memory: readonly ArrayBuffer[]) => floats(memory[binding]).subarray(0, x.channels),
              });
              return [
                one('gradient of the scale', 1, 1),
                one('gradient of the offset', 2, 0),
                { name: 'sums', values: sums, error, actual: ([, , , memory]: readonly ArrayBuffer[]) => floats(memory) },
              ];
            },
          ),
      };
    },
  };
}

function pairsOf(first: Float64Array, second: Float64Array): Float64Array {
  return Float64Array.from({ length: 2 * first.length }, (_, i) => (i % 2 === 0 ? first : second)[i >> 1] as number);
}
