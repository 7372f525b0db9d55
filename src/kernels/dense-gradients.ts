import { inputsVariant } from './dense-gradients/cpu/inputs.ts';
import type { DenseGradientsProblem } from './dense-gradients/problem.ts';
import { APART, type FusedFamily } from './fused.ts';

/** Weights of a layer at most, of which one pass takes less time than two. */
const FEW_WEIGHTS = 2560;

/** A dense layer's gradients in one dispatch. */
export const denseGradientsFamily: FusedFamily<DenseGradientsProblem> = {
  name: 'dense-gradients',
  variants: [inputsVariant],
  prefer: (problem, capabilities) =>
    problem.inputs * problem.outputs <= FEW_WEIGHTS && inputsVariant.supports(problem, capabilities) ? 'inputs' : APART,
};
