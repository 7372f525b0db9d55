import type { WindowGeometry } from '../../src/core/geometry.ts';
import { argmaxWords, type PoolProblem } from '../../src/kernels/pool/problem.ts';
import { avgPool2d } from '../../src/reference/avgPool2d.ts';
import { maxPool2d } from '../../src/reference/maxPool2d.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import type { OnnxLayer } from '../onnx/layer.ts';
import { after, type KernelCase, timed } from './case.ts';
import { quarters } from './draw.ts';
import { applyEpilogue, epilogueError, epilogueLabel, savedBy } from './epilogue.ts';
import { NOTHING, placed, stateWords, taken, unwritten, viewElements, viewLength } from './layout.ts';
import { packedWinners, unpackedWinners, winnersOf } from './winners.ts';

function attributesOf({ geometry: g }: PoolProblem) {
  return {
    size: [g.windowHeight, g.windowWidth],
    strides: [g.strideHeight, g.strideWidth],
    padding: [g.top, g.bottom, g.left, g.right],
  };
}

/** `50x28x28x32 max 2x2`. */
function labelOf({ batch, channels, maximum, geometry: g }: PoolProblem): string {
  const stride =
    g.strideHeight === g.windowHeight && g.strideWidth === g.windowWidth ? '' : ` stride ${g.strideHeight}x${g.strideWidth}`;
  const kind = maximum ? 'max' : 'average';
  return `${batch}x${g.inputHeight}x${g.inputWidth}x${channels} ${kind} ${g.windowHeight}x${g.windowWidth}${stride}`;
}

function pixelsOf({ batch, geometry: g }: PoolProblem): { input: number; output: number } {
  return { input: batch * g.inputHeight * g.inputWidth, output: batch * g.outputHeight * g.outputWidth };
}

function wordsOf(problem: PoolProblem): number {
  return pixelsOf(problem).output * argmaxWords(problem.channels, problem.geometry);
}

function operationsOf(problem: PoolProblem): number {
  const { windowHeight, windowWidth } = problem.geometry;
  return pixelsOf(problem).output * problem.channels * windowHeight * windowWidth;
}

/** A mean is a sum, exact here, and a division or a rounded factor; so are the shares of its gradient, which are then added. */
function roundingOf({ maximum }: PoolProblem, value: number): number {
  return maximum ? 0 : 2 ** -19 * (Math.abs(value) + 2 ** -4);
}

export function poolLayer(maximum: boolean, g: WindowGeometry, batch: number, channels: number): OnnxLayer {
  return {
    operator: maximum ? 'MaxPool' : 'AveragePool',
    attributes: {
      kernel_shape: [g.windowHeight, g.windowWidth],
      strides: [g.strideHeight, g.strideWidth],
      pads: [g.top, g.left, g.bottom, g.right],
    },
    inputs: [[batch, channels, g.inputHeight, g.inputWidth]],
    weights: [],
    relu: false,
  };
}

export function poolCase(problem: PoolProblem): KernelCase {
  const { batch, channels, geometry: g, maximum, argmax, epilogue } = problem;
  return {
    shape: `${labelOf(problem)}${epilogueLabel(epilogue)}${maximum && !argmax ? ' alone' : ''}`,
    operations: operationsOf(problem),
    bytes: 4 * (viewElements(problem.x) + viewElements(problem.y) + (argmax ? wordsOf(problem) : 0)),
    data() {
      const x = quarters(labelOf(problem), 0, [batch, g.inputHeight, g.inputWidth, channels]);
      const forward = () =>
        applyEpilogue(epilogue, (maximum ? maxPool2d : avgPool2d).forward({ x }, attributesOf(problem)), undefined);
      return {
        bindings: [
          placed(problem.x, x.data),
          stateWords(),
          unwritten(viewLength(problem.y)),
          argmax ? unwritten(wordsOf(problem)) : NOTHING,
        ],
        expected: () =>
          after(timed(forward), ({ data }) => [
            {
              name: 'y',
              values: data,
              error: (i: number) => roundingOf(problem, data[i] ?? 0) + epilogueError(epilogue, data[i] ?? 0),
              actual: ([, , y]: readonly ArrayBuffer[]) => taken(problem.y, y),
            },
            ...(argmax
              ? [
                  {
                    name: 'winners',
                    values: winnersOf(g, batch, channels, x.data),
                    actual: ([, , , words]: readonly ArrayBuffer[]) => unpackedWinners(g, channels, words),
                  },
                ]
              : []),
          ]),
      };
    },
    onnx: [poolLayer(maximum, g, batch, channels)],
  };
}

export function poolGradientCase(problem: PoolProblem): KernelCase {
  const { batch, channels, geometry: g, maximum, epilogue, saved } = problem;
  return {
    shape: `${labelOf(problem)} dx${epilogueLabel(epilogue)}`,
    operations: operationsOf(problem),
    bytes: 4 * (viewElements(problem.x) + viewElements(problem.y) + viewElements(saved) + (maximum ? wordsOf(problem) : 0)),
    data() {
      const x = quarters(labelOf(problem), 0, [batch, g.inputHeight, g.inputWidth, channels]);
      const dy = quarters(labelOf(problem), 1, [batch, g.outputHeight, g.outputWidth, channels]);
      // The maximum reads the derivative where it was pooled, the average where it is told to.
      const activated = saved && savedBy(epilogue, quarters(labelOf(problem), 2, maximum ? dy.shape : x.shape));
      const gradient = () => {
        const given = maximum ? applyEpilogue(epilogue, dy, activated) : dy;
        const dx = (maximum ? maxPool2d : avgPool2d).gradient({ x }, given, attributesOf(problem)).x as Tensor64;
        return maximum ? dx : applyEpilogue(epilogue, dx, activated);
      };
      return {
        bindings: [
          placed(problem.x, dy.data),
          maximum ? packedWinners(g, channels, winnersOf(g, batch, channels, x.data)) : NOTHING,
          saved && activated ? placed(saved, activated.data) : NOTHING,
          stateWords(),
          unwritten(viewLength(problem.y)),
        ],
        expected: () =>
          after(timed(gradient), ({ data }) => [
            {
              name: 'dx',
              values: data,
              error: (i: number) => roundingOf(problem, data[i] ?? 0) + epilogueError(epilogue, data[i] ?? 0),
              actual: ([, , , , dx]: readonly ArrayBuffer[]) => taken(problem.y, dx),
            },
          ]),
      };
    },
  };
}
