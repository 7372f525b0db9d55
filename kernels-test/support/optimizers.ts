import { adam, adamW, rmsprop, sgd } from '../../src/node.ts';
import type { Optimizer, OptimizerType } from '../../src/train/optimizers/registry.ts';

/** Each type of optimizer with the choices that make a difference; the first are those that the benchmarks measure. */
export const optimizers: Readonly<Record<OptimizerType, readonly [Optimizer, ...Optimizer[]]>> = {
  adam: [
    adam({ learningRate: 0.02 }),
    adam({ learningRate: 0.01, beta1: 0.5, beta2: 0.9, epsilon: 0.1 }),
    adam({ learningRate: 0.01, beta1: 0, beta2: 0.99 }),
  ],
  adamW: [adamW({ learningRate: 0.02, weightDecay: 0.5 }), adamW({ learningRate: 0.02, weightDecay: 0.5, decays: 'weights' })],
  rmsprop: [rmsprop({ learningRate: 0.01 }), rmsprop({ learningRate: 0.01, alpha: 0.9, epsilon: 1e-3, momentum: 0.8 })],
  sgd: [
    sgd({ learningRate: 0.05, momentum: 0.9 }),
    sgd({ learningRate: 0.05 }),
    sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  ],
};

export const someOptimizers: readonly Optimizer[] = Object.values(optimizers).flat();
