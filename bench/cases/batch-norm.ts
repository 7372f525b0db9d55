import { DIVISION, RECIPROCAL_SQUARE_ROOT, UNIT } from '../../kernels-test/support/rounding.ts';
import { type BatchNormProblem, batchNormSplits } from '../../src/kernels/batch-norm/problem.ts';
import { after, type Contents, type KernelCase, timed } from './case.ts';
import { normals } from './draw.ts';
import { applyEpilogue, epilogueError, epilogueLabel } from './epilogue.ts';
import { NOTHING, placed, single, stateWords, taken, unwritten, viewElements, viewLength } from './layout.ts';

// The passes of a batch normalisation in training that make an element each, from statistics that are given here: src/reference has
// the whole operation only.

export const MEAN = 0.5;
export const INVERSE_DEVIATION = 0.75;

/** MEAN and INVERSE_DEVIATION of all channels, as a kernel is given them: joined, or of parts. */
export function momentsGiven({ x, joined, epsilon }: BatchNormProblem): Contents {
  const pairs = (count: number, pair: (index: number) => readonly [number, number]) =>
    single(Array.from({ length: count * x.channels }, (_, i) => pair(Math.floor(i / x.channels))).flat());
  if (!joined) return pairs(1, () => [MEAN, INVERSE_DEVIATION]);
  const { splits, perSplit } = batchNormSplits(x.rows);
  const variance = 1 / INVERSE_DEVIATION ** 2 - epsilon;
  return pairs(splits, (split) => [MEAN, variance * (Math.min(x.rows, (split + 1) * perSplit) - split * perSplit)]);
}

/** The sums of all rows, as they are given: one each, or a share of it in each part. */
function sumsGiven({ x, joined }: BatchNormProblem, sums: Float64Array): Contents {
  const { splits } = joined ? batchNormSplits(x.rows) : { splits: 1 };
  return single(Array.from({ length: splits }, () => [...sums].map((sum) => sum / splits)).flat());
}

export function labelOf({ x }: BatchNormProblem): string {
  return `${x.rows}x${x.channels} batch norm`;
}

/** y, or (`gradient`) dx, element by element. */
function elementsCase(problem: BatchNormProblem, gradient: boolean): KernelCase {
  const { x, y, dy, epilogue, parameterReplica, runningReplica } = problem;
  const label = labelOf(problem);
  const parts = problem.joined ? batchNormSplits(x.rows).splits : 0;
  const joinedForward = problem.joined && !gradient;
  if (!y || problem.inference || problem.saved) throw new Error(`${label}: only batch normalisation in training is measured`);
  return {
    shape: `${label}${gradient ? ' dx' : ''}${epilogueLabel(epilogue)}`,
    operations: viewElements(x) * (gradient ? 8 : 4),
    bytes: 4 * (viewElements(x) + viewElements(dy) + viewElements(y)),
    data() {
      const sizes = [x.rows, x.channels];
      const values = normals(label, 0, sizes).data;
      const gradients = normals(label, 1, sizes).data;
      const scale = normals(label, 2, [parameterReplica]).data;
      const offset = normals(label, 3, [parameterReplica]).data;
      const sums = normals(label, 4, [x.channels, 2], x.rows / 8).data;
      const moments = momentsGiven(problem);
      const [mean, variance] = joinedForward ? [unwritten(runningReplica), unwritten(runningReplica)] : [NOTHING, NOTHING];
      const compute = () => {
        const data = values.map((value, i) => {
          const c = i % x.channels;
          const normal = (value - MEAN) * INVERSE_DEVIATION;
          if (!gradient) return normal * (scale[c] ?? 0) + (offset[c] ?? 0);
          const through = ((sums[2 * c] ?? 0) + normal * (sums[2 * c + 1] ?? 0)) / x.rows;
          return (scale[c] ?? 0) * INVERSE_DEVIATION * ((gradients[i] ?? 0) - through);
        });
        return applyEpilogue(epilogue, { shape: sizes, data }, undefined).data;
      };
      const given: Contents[] = gradient
        ? [
            placed(x, values),
            dy ? placed(dy, gradients) : NOTHING,
            single(scale),
            moments,
            sumsGiven(problem, sums),
            NOTHING,
            stateWords(),
          ]
        : [placed(x, values), single(scale), single(offset), moments, mean, stateWords()];
      return {
        bindings: [...given, unwritten(viewLength(y)), ...(joinedForward ? [variance] : [])],
        expected: () =>
          after(timed(compute), (found) => [
            {
              name: gradient ? 'dx' : 'y',
              values: found,
              // Each term is of the size of a few deviates times the scale; a dozen roundings and a division, six more a part that is joined.
              error: (i: number) =>
                (DIVISION + RECIPROCAL_SQUARE_ROOT + (12 + 6 * parts) * UNIT) *
                  (Math.abs(values[i] ?? 0) + Math.abs(gradients[i] ?? 0) + 2) *
                  (Math.abs(scale[i % x.channels] ?? 0) + 1) *
                  2 +
                epilogueError(epilogue, found[i] ?? 0),
              actual: (memory: readonly ArrayBuffer[]) => taken(y, memory[given.length]),
            },
          ]),
      };
    },
  };
}

export const batchNormCase = (problem: BatchNormProblem): KernelCase => elementsCase(problem, false);
export const batchNormGradientCase = (problem: BatchNormProblem): KernelCase => elementsCase(problem, true);
