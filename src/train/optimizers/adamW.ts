import source from '../../../shaders/optimizer/adam.wgsl';
import { refuseUnknown } from '../../core/arguments.ts';
import { OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import { checkRate, inRange } from '../checks.ts';
import type { OptimizerDefinition, SpecOf } from './definition.ts';
import { checkMoments, type MomentOptions, momentConstants } from './moments.ts';

export interface Decay {
  readonly weightDecay: number;
  /** Which parameters decay: all, or filters and weights but neither biases nor what belongs to a normalisation. */
  readonly decays: 'all' | 'weights';
}

export type AdamWOptions = Partial<MomentOptions & Decay> & { readonly learningRate?: number };

/** Adam with decoupled weight decay: Loshchilov and Hutter, 2019; the defaults are PyTorch's. */
export const adamW: OptimizerDefinition<AdamWOptions, SpecOf<'adamW'> & MomentOptions & Decay> = {
  make({ learningRate = 1e-3, weightDecay = 0.01, decays = 'all', beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, ...rest }) {
    refuseUnknown('adamW', rest, ['learningRate', 'weightDecay', 'decays', 'beta1', 'beta2', 'epsilon']);
    checkRate('adamW: learningRate', learningRate);
    inRange('adamW: weightDecay', weightDecay, (n) => n >= 0, 'at least 0');
    if (decays !== 'all' && decays !== 'weights')
      throw new OptionError(`adamW: decays must be 'all' or 'weights', got ${shown(decays)}`);
    checkMoments('adamW', { beta1, beta2, epsilon });
    return { type: 'adamW', learningRate, weightDecay, decays, beta1, beta2, epsilon };
  },
  rule: (spec) => ({
    name: 'adamW',
    source,
    moments: 2,
    constants: momentConstants(spec),
    decay: (shape) => (spec.decays === 'all' || shape.length > 1 ? spec.weightDecay : 0),
  }),
};
