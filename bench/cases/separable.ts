import type { SeparableGradientProblem, SeparableProblem } from '../../src/kernels/separable/problem.ts';
import { conv2d } from '../../src/reference/conv2d.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import { after, type KernelCase, timed } from './case.ts';
import { draw, type Layer, labelOf, operationsOf } from './conv2d-layer.ts';
import { applyEpilogue, epilogueError, epilogueLabel, savedBy } from './epilogue.ts';
import { NOTHING, placed, single, sumParts, taken, unwritten, viewElements, viewLength } from './layout.ts';

/** The depthwise convolution, and the one of single pixels behind it. */
function layersOf({
  batch,
  geometry: g,
  inputChannels,
  outputChannels,
}: SeparableProblem | SeparableGradientProblem): [Layer, Layer] {
  const [height, width] = [g.outputHeight, g.outputWidth];
  const pixels = {
    inputHeight: height,
    inputWidth: width,
    windowHeight: 1,
    windowWidth: 1,
    top: 0,
    bottom: 0,
    left: 0,
    right: 0,
  };
  return [
    { batch, geometry: g, inputs: inputChannels, outputs: inputChannels, groups: inputChannels },
    { batch, geometry: { ...g, ...pixels }, inputs: inputChannels, outputs: outputChannels, groups: 1 },
  ];
}

function drawn(layers: readonly [Layer, Layer]) {
  const [outer, inner] = [draw(layers[0]), draw(layers[1])];
  return { outer, inner, between: () => conv2d.forward({ x: outer.x, filter: outer.filter }, outer.attributes) };
}

/** Bindings: x, depthwise, filter, bias, y. */
export function separableCase(problem: SeparableProblem): KernelCase {
  const layers = layersOf(problem);
  const { bias, epilogue } = problem;
  return {
    shape: `${labelOf(layers[0])}, 1x1 -> ${problem.outputChannels}${epilogueLabel(epilogue)}`,
    operations: operationsOf(layers[0]) + operationsOf(layers[1]),
    bytes: 4 * (viewElements(problem.x) + viewElements(problem.y)),
    data() {
      const { outer, inner, between } = drawn(layers);
      const compute = () => {
        const given: Record<string, Tensor64> = { x: between(), filter: inner.filter, ...(bias && { bias: inner.bias }) };
        return applyEpilogue(epilogue, conv2d.forward(given, inner.attributes), undefined);
      };
      return {
        bindings: [
          placed(problem.x, outer.x.data),
          single(outer.filter.data),
          single(inner.filter.data),
          bias ? single(inner.bias.data) : NOTHING,
          unwritten(viewLength(problem.y)),
        ],
        expected: () =>
          after(timed(compute), (y) => [
            {
              name: 'y',
              values: y.data,
              error: (i: number) => epilogueError(epilogue, y.data[i] ?? 0),
              actual: ([, , , , memory]: readonly ArrayBuffer[]) => taken(problem.y, memory),
            },
          ]),
      };
    },
  };
}

/** Bindings: x, dy, depthwise, filter, the gradients of x, depthwise, filter, bias. */
export function separableGradientCase(problem: SeparableGradientProblem): KernelCase {
  const layers = layersOf(problem);
  const { parts, bias, epilogue, depthwiseLength, filterLength, biasLength } = problem;
  return {
    shape: `${labelOf(layers[0])}, 1x1 -> ${problem.outputChannels} gradients${epilogueLabel(epilogue)}`,
    operations: 2 * (operationsOf(layers[0]) + operationsOf(layers[1])),
    bytes: 4 * (viewElements(problem.x) + viewElements(problem.dy) + viewElements(problem.y)),
    data() {
      const { outer, inner, between } = drawn(layers);
      const compute = () => {
        const behind = conv2d.gradient({ x: between(), filter: inner.filter, bias: inner.bias }, inner.dy, inner.attributes);
        const front = conv2d.gradient({ x: outer.x, filter: outer.filter }, behind.x as Tensor64, outer.attributes);
        const saved = epilogue.gradient ? savedBy(epilogue, outer.x) : undefined;
        return { behind, front, dx: applyEpilogue(epilogue, front.x as Tensor64, saved) };
      };
      const sums = (name: string, values: ArrayLike<number> | undefined, binding: number, part: number) => ({
        name: `gradient of the ${name}`,
        values: values ?? [],
        actual: (memory: readonly ArrayBuffer[]) => sumParts(memory[binding], parts, part, values?.length ?? 0),
      });
      return {
        bindings: [
          placed(problem.x, outer.x.data),
          placed(problem.dy, inner.dy.data),
          single(outer.filter.data),
          single(inner.filter.data),
          unwritten(viewLength(problem.y)),
          unwritten(parts * depthwiseLength),
          unwritten(parts * filterLength),
          bias ? unwritten(parts * biasLength) : NOTHING,
        ],
        expected: () =>
          after(timed(compute), ({ behind, front, dx }) => [
            {
              name: 'dx',
              values: dx.data,
              error: (i: number) => epilogueError(epilogue, dx.data[i] ?? 0),
              actual: ([, , , , memory]: readonly ArrayBuffer[]) => taken(problem.y, memory),
            },
            sums('depthwise filter', front.filter?.data, 5, depthwiseLength),
            sums('filter', behind.filter?.data, 6, filterLength),
            ...(bias ? [sums('bias', behind.bias?.data, 7, biasLength)] : []),
          ]),
      };
    },
  };
}
