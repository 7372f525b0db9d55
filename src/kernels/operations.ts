import type { Conv2dProblem } from './conv2d/problem.ts';
import type { FilterGradientProblem } from './conv2d-filter-gradient/problem.ts';
import type { Conv2dGradientsProblem } from './conv2d-gradients/problem.ts';
import type { Conv2dPoolProblem } from './conv2d-pool/problem.ts';
import type { Conv2dPoolFilterGradientProblem } from './conv2d-pool-filter-gradient/problem.ts';
import type { DenseGradientsProblem } from './dense-gradients/problem.ts';
import type { Decision } from './family.ts';
import type { MatmulProblem } from './matmul/problem.ts';
import type { SeparableGradientProblem, SeparableProblem } from './separable/problem.ts';

type Convolution = Pick<Conv2dProblem, 'batch' | 'geometry' | 'groups' | 'inputChannels' | 'outputChannels'>;

/** Of the sum over the window, of all outputs; its gradients by the input and by the filter take as many each. */
function convolution({ batch, geometry: g, groups, inputChannels, outputChannels }: Convolution): number {
  const window = g.windowHeight * g.windowWidth;
  return 2 * batch * g.outputHeight * g.outputWidth * window * ((inputChannels * outputChannels) / groups);
}

/** A depthwise convolution, and one of single pixels behind it. */
function separable(problem: SeparableProblem | SeparableGradientProblem): number {
  const { batch, geometry: g, inputChannels, outputChannels } = problem;
  const depthwise = { ...problem, outputChannels: inputChannels, groups: inputChannels };
  return convolution(depthwise) + 2 * batch * g.outputHeight * g.outputWidth * inputChannels * outputChannels;
}

/** Additions and multiplications of one replica of a problem. */
const OPERATIONS = {
  conv2d: (problem: Conv2dProblem) => convolution(problem),
  'conv2d-filter-gradient': (problem: FilterGradientProblem) => convolution(problem),
  'conv2d-gradients': (problem: Conv2dGradientsProblem) => 2 * convolution(problem),
  'conv2d-pool': (problem: Conv2dPoolProblem) => convolution(problem),
  // Of each window of the pooling, only the winner has a gradient.
  'conv2d-pool-filter-gradient': ({ pool, geometry, ...problem }: Conv2dPoolFilterGradientProblem) => {
    const { outputHeight, outputWidth } = pool;
    return convolution({ ...problem, geometry: { ...geometry, outputHeight, outputWidth } });
  },
  'dense-gradients': ({ batch, inputs, outputs }: DenseGradientsProblem) => 4 * batch * inputs * outputs,
  matmul: ({ m, n, k, ones }: MatmulProblem) => 2 * (ones ? m + 1 : m) * n * k,
  separable: (problem: SeparableProblem) => separable(problem),
  'separable-gradient': (problem: SeparableGradientProblem) => 2 * separable(problem),
} as const;

/**
 * Additions and multiplications of one replica's problem, where a family convolves or multiplies matrices; undefined of the others, whose
 * arithmetic is a few operations an element.
 */
export function operationsOf({ family, problem }: Pick<Decision, 'family' | 'problem'>): number | undefined {
  const count = (OPERATIONS as Readonly<Record<string, ((problem: never) => number) | undefined>>)[family];
  return count?.(problem as never);
}

/** The families of which operations are counted. */
export const countedFamilies: readonly string[] = Object.keys(OPERATIONS);
