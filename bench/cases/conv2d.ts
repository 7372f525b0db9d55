import type { Conv2dProblem } from '../../src/kernels/conv2d/problem.ts';
import { type FilterGradientProblem, filterGradientSplits } from '../../src/kernels/conv2d-filter-gradient/problem.ts';
import { conv2d } from '../../src/reference/conv2d.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import { after, type KernelCase, type Timed, timed } from './case.ts';
import { draw, filterLengthOf, type Layer, labelOf, onnxOf, operationsOf } from './conv2d-layer.ts';
import { quarters } from './draw.ts';
import { applyEpilogue, epilogueError, epilogueLabel, savedBy } from './epilogue.ts';
import { NOTHING, placed, single, stateWords, sumParts, taken, unwritten, viewElements, viewLength } from './layout.ts';

/** The reference makes all gradients of a layer at once; what it made last serves both kernels of a layer. */
let last: { label: string; gradients: Timed<Record<string, Tensor64>> } | undefined;

function gradientsOf(layer: Layer, { x, filter, bias, dy, attributes }: ReturnType<typeof draw>) {
  const label = labelOf(layer);
  if (last?.label !== label) last = { label, gradients: timed(() => conv2d.gradient({ x, filter, bias }, dy, attributes)) };
  return last.gradients;
}

export function conv2dCase(problem: Conv2dProblem): KernelCase {
  const { transposed, batch, geometry, groups, epilogue, saved, bias } = problem;
  const layer: Layer = {
    batch,
    geometry,
    inputs: transposed ? problem.outputChannels : problem.inputChannels,
    outputs: transposed ? problem.inputChannels : problem.outputChannels,
    groups,
  };
  const filterLength = filterLengthOf(layer);
  return {
    shape: `${labelOf(layer)}${transposed ? ' dx' : ''}${epilogueLabel(epilogue)}`,
    operations: operationsOf(layer),
    bytes:
      4 * (viewElements(problem.x) + viewElements(problem.y) + filterLength + (bias ? layer.outputs : 0) + viewElements(saved)),
    data() {
      const drawn = draw(layer);
      const { x, filter, dy, attributes } = drawn;
      const given: Record<string, Tensor64> = bias ? { x, filter, bias: drawn.bias } : { x, filter };
      const activated = saved && savedBy(epilogue, quarters(labelOf(layer), 4, transposed ? x.shape : dy.shape));
      const compute = (): Timed<Tensor64> => {
        if (!transposed) return timed(() => applyEpilogue(epilogue, conv2d.forward(given, attributes), activated));
        return after(gradientsOf(layer, drawn), (gradients) => applyEpilogue(epilogue, gradients.x as Tensor64, activated));
      };
      return {
        bindings: [
          placed(problem.x, (transposed ? dy : x).data),
          single(filter.data),
          bias ? single(drawn.bias.data) : NOTHING,
          saved && activated ? placed(saved, activated.data) : NOTHING,
          stateWords(),
          unwritten(viewLength(problem.y)),
        ],
        expected: () =>
          after(compute(), ({ data }) => [
            {
              name: transposed ? 'dx' : 'y',
              values: data,
              error: (i: number) => epilogueError(epilogue, data[i] ?? 0),
              actual: ([, , , , , y]: readonly ArrayBuffer[]) => taken(problem.y, y),
            },
          ]),
      };
    },
    ...(!transposed && { onnx: [onnxOf(layer, bias, epilogue.activation.kind === 'relu')] }),
  };
}

export function filterGradientCase(problem: FilterGradientProblem): KernelCase {
  const { batch, geometry, groups, bias, filterLength, biasLength } = problem;
  const layer: Layer = { batch, geometry, inputs: problem.inputChannels, outputs: problem.outputChannels, groups };
  const { splits } = filterGradientSplits(batch, geometry);
  const length = filterLengthOf(layer);
  return {
    shape: `${labelOf(layer)} dw`,
    operations: operationsOf(layer),
    bytes: 4 * (viewElements(problem.x) + viewElements(problem.dy) + splits * (length + (bias ? layer.outputs : 0))),
    data() {
      const drawn = draw(layer);
      return {
        bindings: [
          placed(problem.x, drawn.x.data),
          placed(problem.dy, drawn.dy.data),
          unwritten(splits * filterLength),
          bias ? unwritten(splits * biasLength) : NOTHING,
        ],
        expected: () =>
          after(gradientsOf(layer, drawn), (gradients) => [
            {
              name: 'gradient of the filter',
              values: gradients.filter?.data ?? [],
              actual: ([, , filter]: readonly ArrayBuffer[]) => sumParts(filter, splits, filterLength, length),
            },
            ...(bias
              ? [
                  {
                    name: 'gradient of the bias',
                    values: gradients.bias?.data ?? [],
                    actual: ([, , , sums]: readonly ArrayBuffer[]) => sumParts(sums, splits, biasLength, layer.outputs),
                  },
                ]
              : []),
          ]),
      };
    },
  };
}
