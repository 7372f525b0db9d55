import plain from '../../../shaders/optimizer/rmsprop.wgsl';
import withMomentum from '../../../shaders/optimizer/rmsprop-momentum.wgsl';
import { refuseUnknown } from '../../core/arguments.ts';
import { checkRate, inRange } from '../checks.ts';
import type { OptimizerDefinition, SpecOf } from './definition.ts';
import { isShare } from './moments.ts';

export interface Rmsprop {
  readonly alpha: number;
  readonly epsilon: number;
  readonly momentum: number;
}

export type RmspropOptions = Partial<Rmsprop> & { readonly learningRate?: number };

/** RMSprop: Hinton's lecture 6e, 2012; names and defaults are PyTorch's. */
export const rmsprop: OptimizerDefinition<RmspropOptions, SpecOf<'rmsprop'> & Rmsprop> = {
  make({ learningRate = 1e-2, alpha = 0.99, epsilon = 1e-8, momentum = 0, ...rest }) {
    refuseUnknown('rmsprop', rest, ['learningRate', 'alpha', 'epsilon', 'momentum']);
    checkRate('rmsprop: learningRate', learningRate);
    inRange('rmsprop: alpha', alpha, isShare, 'at least 0 and below 1');
    inRange('rmsprop: epsilon', epsilon, (n) => n > 0, 'positive');
    inRange('rmsprop: momentum', momentum, isShare, 'at least 0 and below 1');
    return { type: 'rmsprop', learningRate, alpha, epsilon, momentum };
  },
  rule: ({ alpha, epsilon, momentum }) => ({
    name: 'rmsprop',
    source: momentum > 0 ? withMomentum : plain,
    moments: momentum > 0 ? 2 : 1,
    constants: { ALPHA: { f32: alpha }, REST: { f32: 1 - alpha }, EPSILON: { f32: epsilon }, MOMENTUM: { f32: momentum } },
  }),
};
