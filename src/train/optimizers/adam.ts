import source from '../../../shaders/optimizer/adam.wgsl';
import { refuseUnknown } from '../../core/arguments.ts';
import { checkRate } from '../checks.ts';
import type { OptimizerDefinition, SpecOf } from './definition.ts';
import { checkMoments, type MomentOptions, momentConstants } from './moments.ts';

export type AdamOptions = Partial<MomentOptions> & { readonly learningRate?: number };

/** Adam: Kingma and Ba, 2015. */
export const adam: OptimizerDefinition<AdamOptions, SpecOf<'adam'> & MomentOptions> = {
  make({ learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, ...rest }) {
    refuseUnknown('adam', rest, ['learningRate', 'beta1', 'beta2', 'epsilon']);
    checkRate('adam: learningRate', learningRate);
    checkMoments('adam', { beta1, beta2, epsilon });
    return { type: 'adam', learningRate, beta1, beta2, epsilon };
  },
  rule: (spec) => ({ name: 'adam', source, moments: 2, constants: momentConstants(spec) }),
};
