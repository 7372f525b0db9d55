import type { ElementwiseActivation } from '../../../core/activation.ts';
import { permuted } from '../../../core/permuted.ts';
import type { DenseOperation } from '../../../deploy/operations.ts';
import { affine, loop, sequence } from '../code.ts';
import { constantArray, weightsAndBias } from './constants.ts';
import { activated, helpersOf, thenText } from './helpers.ts';
import { fromFlash, shapesText } from './indices.ts';
import type { Emission, Routine } from './routine.ts';

/** y[k] = activation(bias[k] + sum of x[c] weights[k][c]). */
export function dense(operation: DenseOperation, activation: ElementwiseActivation, emission: Emission): Routine {
  const { weights, bias } = operation;
  const [size = 1, outputs = 1] = weights.shape;
  const {
    inputs: [x],
    output: y,
    indexType,
  } = emission;
  return {
    comment: `dense layer${shapesText([x], y)}${thenText(activation)}`,
    inputs: ['x'],
    inPlace: false,
    constants: weightsAndBias(
      { ...constantArray('weights', weights), data: () => permuted(weights.data, weights.shape, [1, 0]) },
      bias,
    ),
    body: loop(indexType, 'k', outputs, (k) =>
      sequence(
        [`float sum = ${bias ? fromFlash('bias', k) : '0.0f'};`],
        loop(indexType, 'c', size, (c) => [`sum += x[${c}] * ${fromFlash('weights', affine([k, size], [c, 1]))};`]),
        [`y[${k}] = ${activated(activation, 'sum')};`],
      ),
    ),
    helpers: helpersOf(activation),
  };
}
