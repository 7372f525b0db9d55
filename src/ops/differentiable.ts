import type { Operation } from '../graph/operation.ts';

/** The operations that have gradients: src/ops/gradients/index.ts has a rule for each. */
export type Differentiable =
  | 'batchNorm'
  | 'calculation'
  | 'concat'
  | 'conv2d'
  | 'conv2dPool'
  | 'conv2dTranspose'
  | 'dense'
  | 'elementwise'
  | 'fakeQuantize'
  | 'fakeQuantizeActivations'
  | 'gather'
  | 'loss'
  | 'matmul'
  | 'normalize'
  | 'pool'
  | 'reduction'
  | 'reshape'
  | 'separable'
  | 'slice'
  | 'softmax'
  | 'transpose';

/** An operation that has a gradient. Its rule stands apart, so that a program that only predicts imports none. */
export interface DifferentiableOperation<A extends object = object> extends Operation<A> {
  readonly name: Differentiable;
}
