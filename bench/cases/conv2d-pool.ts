import { filterGradientSplits } from '../../src/kernels/conv2d-filter-gradient/problem.ts';
import type { Conv2dPoolProblem } from '../../src/kernels/conv2d-pool/problem.ts';
import type { Conv2dPoolFilterGradientProblem } from '../../src/kernels/conv2d-pool-filter-gradient/problem.ts';
import { argmaxWords } from '../../src/kernels/pool/problem.ts';
import { conv2d } from '../../src/reference/conv2d.ts';
import { maxPool2d } from '../../src/reference/maxPool2d.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import { after, type KernelCase, timed } from './case.ts';
import { draw, filterLengthOf, type Layer, labelOf, onnxOf, operationsOf } from './conv2d-layer.ts';
import { quarters } from './draw.ts';
import { applyEpilogue, epilogueError, epilogueLabel } from './epilogue.ts';
import { NOTHING, placed, single, stateWords, sumParts, taken, unwritten, viewElements, viewLength } from './layout.ts';
import { poolLayer } from './pool.ts';
import { packedWinners, unpackedWinners, winnersOf } from './winners.ts';

type Pooled = Conv2dPoolProblem | Conv2dPoolFilterGradientProblem;

function layerOf({ batch, geometry, groups, inputChannels, outputChannels }: Pooled): Layer {
  return { batch, geometry, inputs: inputChannels, outputs: outputChannels, groups };
}

function poolLabel({ pool }: Pooled): string {
  return `, max ${pool.windowHeight}x${pool.windowWidth}`;
}

function poolAttributes({ pool }: Pooled) {
  return { size: [pool.windowHeight, pool.windowWidth], padding: [pool.top, pool.bottom, pool.left, pool.right] };
}

function wordsOf({ batch, pool, outputChannels }: Pooled): number {
  return batch * pool.outputHeight * pool.outputWidth * argmaxWords(outputChannels, pool);
}

/** Bindings: x, filter, bias, state, y, argmax. */
export function conv2dPoolCase(problem: Conv2dPoolProblem): KernelCase {
  const { batch, outputChannels: channels, pool, bias, argmax, epilogue } = problem;
  const layer = layerOf(problem);
  return {
    shape: `${labelOf(layer)}${poolLabel(problem)}${epilogueLabel(epilogue)}${argmax ? '' : ' alone'}`,
    operations: operationsOf(layer),
    bytes:
      4 *
      (viewElements(problem.x) +
        filterLengthOf(layer) +
        (bias ? channels : 0) +
        viewElements(problem.y) +
        (argmax ? wordsOf(problem) : 0)),
    data() {
      const { x, filter, bias: drawnBias, attributes } = draw(layer);
      const given: Record<string, Tensor64> = bias ? { x, filter, bias: drawnBias } : { x, filter };
      const compute = () => {
        const z = conv2d.forward(given, attributes);
        return { z, y: applyEpilogue(epilogue, maxPool2d.forward({ x: z }, poolAttributes(problem)), undefined) };
      };
      return {
        bindings: [
          placed(problem.x, x.data),
          single(filter.data),
          bias ? single(drawnBias.data) : NOTHING,
          stateWords(),
          unwritten(viewLength(problem.y)),
          argmax ? unwritten(wordsOf(problem)) : NOTHING,
        ],
        expected: () =>
          after(timed(compute), ({ z, y }) => [
            {
              name: 'y',
              values: y.data,
              error: (i: number) => epilogueError(epilogue, y.data[i] ?? 0),
              actual: ([, , , , memory]: readonly ArrayBuffer[]) => taken(problem.y, memory),
            },
            ...(argmax
              ? [
                  {
                    name: 'winners',
                    values: winnersOf(pool, batch, channels, z.data),
                    actual: ([, , , , , memory]: readonly ArrayBuffer[]) => unpackedWinners(pool, channels, memory),
                  },
                ]
              : []),
          ]),
      };
    },
    onnx: [onnxOf(layer, bias, epilogue.activation.kind === 'relu'), poolLayer(true, pool, batch, channels)],
  };
}

/** Bindings: x, dy, argmax, filter, bias. */
export function conv2dPoolFilterGradientCase(problem: Conv2dPoolFilterGradientProblem): KernelCase {
  const { batch, outputChannels: channels, geometry, pool, bias, filterLength, biasLength } = problem;
  const layer = layerOf(problem);
  const { splits } = filterGradientSplits(batch, geometry);
  const length = filterLengthOf(layer);
  const partials = splits * (length + (bias ? channels : 0));
  return {
    shape: `${labelOf(layer)}${poolLabel(problem)} dw`,
    // Of each window, only the winner has a gradient.
    operations: 2 * batch * pool.outputHeight * pool.outputWidth * length,
    bytes: 4 * (viewElements(problem.x) + viewElements(problem.dy) + wordsOf(problem) + partials),
    data() {
      const { x, filter, bias: drawnBias, attributes } = draw(layer);
      const z = quarters(labelOf(layer), 5, [batch, geometry.outputHeight, geometry.outputWidth, channels]);
      const dy = quarters(labelOf(layer), 6, [batch, pool.outputHeight, pool.outputWidth, channels]);
      const compute = () => {
        const dz = maxPool2d.gradient({ x: z }, dy, poolAttributes(problem)).x as Tensor64;
        return conv2d.gradient({ x, filter, bias: drawnBias }, dz, attributes);
      };
      return {
        bindings: [
          placed(problem.x, x.data),
          placed(problem.dy, dy.data),
          packedWinners(pool, channels, winnersOf(pool, batch, channels, z.data)),
          unwritten(splits * filterLength),
          bias ? unwritten(splits * biasLength) : NOTHING,
        ],
        expected: () =>
          after(timed(compute), (gradients) => [
            {
              name: 'gradient of the filter',
              values: gradients.filter?.data ?? [],
              actual: ([, , , sums]: readonly ArrayBuffer[]) => sumParts(sums, splits, filterLength, length),
            },
            ...(bias
              ? [
                  {
                    name: 'gradient of the bias',
                    values: gradients.bias?.data ?? [],
                    actual: ([, , , , sums]: readonly ArrayBuffer[]) => sumParts(sums, splits, biasLength, channels),
                  },
                ]
              : []),
          ]),
      };
    },
  };
}
