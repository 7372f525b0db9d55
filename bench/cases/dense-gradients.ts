import type { DenseGradientsProblem } from '../../src/kernels/dense-gradients/problem.ts';
import { dense } from '../../src/reference/dense.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import { after, type KernelCase, timed } from './case.ts';
import { quarters } from './draw.ts';
import { applyEpilogue, epilogueError, epilogueLabel, savedBy } from './epilogue.ts';
import { NOTHING, placed, single, stateWords, sumParts, taken, unwritten, viewElements, viewLength } from './layout.ts';

/** Bindings: dy, weights, x, saved, state, dx, gradients of weights and bias. */
export function denseGradientsCase(problem: DenseGradientsProblem): KernelCase {
  const { batch, inputs, outputs, bias, epilogue, saved, splits, weightsLength, biasLength } = problem;
  const label = `${batch}x${inputs} -> ${outputs} dx dw`;
  const length = inputs * outputs;
  const read = viewElements(problem.dy) + viewElements(problem.x) + viewElements(saved) + length;
  return {
    shape: `${label}${epilogueLabel(epilogue)}`,
    operations: 4 * batch * length,
    bytes: 4 * (read + viewElements(problem.dx) + splits * (length + (bias ? outputs : 0))),
    data() {
      const x = quarters(label, 0, [batch, inputs]);
      const weights = quarters(label, 1, [inputs, outputs]);
      const dy = quarters(label, 2, [batch, outputs]);
      const activated = saved && savedBy(epilogue, quarters(label, 3, [batch, inputs]));
      const compute = () => {
        const given = { x, weights, ...(bias && { bias: quarters(label, 4, [outputs]) }) };
        const { x: dz, weights: ofWeights, bias: ofBias } = dense.gradient(given, dy, {});
        return { dx: applyEpilogue(epilogue, dz as Tensor64, activated).data, weights: ofWeights, bias: ofBias };
      };
      return {
        bindings: [
          placed(problem.dy, dy.data),
          single(weights.data),
          placed(problem.x, x.data),
          saved && activated ? placed(saved, activated.data) : NOTHING,
          stateWords(),
          unwritten(viewLength(problem.dx)),
          unwritten(splits * weightsLength),
          bias ? unwritten(splits * biasLength) : NOTHING,
        ],
        expected: () =>
          after(timed(compute), (gradients) => [
            {
              name: 'dx',
              values: gradients.dx,
              error: (i: number) => epilogueError(epilogue, gradients.dx[i] ?? 0),
              actual: ([, , , , , memory]: readonly ArrayBuffer[]) => taken(problem.dx, memory),
            },
            {
              name: 'gradient of the weights',
              values: gradients.weights?.data ?? [],
              actual: ([, , , , , , sums]: readonly ArrayBuffer[]) => sumParts(sums, splits, weightsLength, length),
            },
            ...(bias
              ? [
                  {
                    name: 'gradient of the bias',
                    values: gradients.bias?.data ?? [],
                    actual: ([, , , , , , , sums]: readonly ArrayBuffer[]) => sumParts(sums, splits, biasLength, outputs),
                  },
                ]
              : []),
          ]),
      };
    },
  };
}
