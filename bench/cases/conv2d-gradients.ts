import type { Conv2dGradientsProblem } from '../../src/kernels/conv2d-gradients/problem.ts';
import { conv2d } from '../../src/reference/conv2d.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import { after, type KernelCase, timed } from './case.ts';
import { draw, filterLengthOf, type Layer, labelOf, operationsOf } from './conv2d-layer.ts';
import { quarters } from './draw.ts';
import { applyEpilogue, epilogueError, epilogueLabel, savedBy } from './epilogue.ts';
import { NOTHING, placed, single, stateWords, sumParts, taken, unwritten, viewElements, viewLength } from './layout.ts';

/** Bindings: dy, filter, x, saved, state, dx, gradients of filter and bias. */
export function conv2dGradientsCase(problem: Conv2dGradientsProblem): KernelCase {
  const { batch, geometry, groups, bias, epilogue, saved, savedIsX, parts, filterLength, biasLength } = problem;
  const layer: Layer = { batch, geometry, inputs: problem.inputChannels, outputs: problem.outputChannels, groups };
  const length = filterLengthOf(layer);
  const read = viewElements(problem.dy) + viewElements(problem.x) + (savedIsX ? 0 : viewElements(saved)) + length;
  return {
    shape: `${labelOf(layer)} dx dw${epilogueLabel(epilogue)}`,
    operations: 2 * operationsOf(layer),
    bytes: 4 * (read + viewElements(problem.dx) + parts * (length + (bias ? layer.outputs : 0))),
    data() {
      const drawn = draw(layer);
      const activated = saved && savedBy(epilogue, quarters(labelOf(layer), 4, drawn.x.shape));
      const x = savedIsX && activated ? { shape: drawn.x.shape, data: activated.data } : drawn.x;
      const compute = () => {
        const given = { x, filter: drawn.filter, bias: drawn.bias };
        const { x: dz, filter: ofFilter, bias: ofBias } = conv2d.gradient(given, drawn.dy, drawn.attributes);
        return { dx: applyEpilogue(epilogue, dz as Tensor64, activated).data, filter: ofFilter, bias: ofBias };
      };
      return {
        bindings: [
          placed(problem.dy, drawn.dy.data),
          single(drawn.filter.data),
          placed(problem.x, x.data),
          saved && activated ? placed(saved, activated.data) : NOTHING,
          stateWords(),
          unwritten(viewLength(problem.dx)),
          unwritten(parts * filterLength),
          bias ? unwritten(parts * biasLength) : NOTHING,
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
              name: 'gradient of the filter',
              values: gradients.filter?.data ?? [],
              actual: ([, , , , , , sums]: readonly ArrayBuffer[]) => sumParts(sums, parts, filterLength, length),
            },
            ...(bias
              ? [
                  {
                    name: 'gradient of the bias',
                    values: gradients.bias?.data ?? [],
                    actual: ([, , , , , , , sums]: readonly ArrayBuffer[]) => sumParts(sums, parts, biasLength, layer.outputs),
                  },
                ]
              : []),
          ]),
      };
    },
  };
}
