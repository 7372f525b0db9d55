import type { Epilogue } from '../epilogue.ts';
import type { ElementType, View } from '../view.ts';

/**
 * All gradients of a dense layer: of its input, ended by `epilogue`, and of weights and bias as `splits` partial sums.
 * Bindings: dy, weights, x, saved, state, dx, gradients of weights and bias.
 */
export interface DenseGradientsProblem {
  readonly replicas: number;
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly bias: boolean;
  readonly epilogue: Epilogue;
  readonly dy: View;
  readonly x: View;
  readonly dx: View;
  readonly saved?: View;
  /** Elements from one replica's weights to the next. */
  readonly weightsReplica: number;
  /** Of the weights [f32]. */
  readonly weightsType?: ElementType;
  /** How many partial sums there are of the gradients of weights and bias, of how many rows each, and the elements of one. */
  readonly splits: number;
  readonly perSplit: number;
  readonly weightsLength: number;
  readonly biasLength: number;
}
