import source from '../../../shaders/optimizer/sgd.wgsl';
import { refuseUnknown } from '../../core/arguments.ts';
import { OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import { checkRate, inRange } from '../checks.ts';
import type { OptimizerDefinition, SpecOf } from './definition.ts';
import { isShare } from './moments.ts';

export interface Momentum {
  readonly momentum: number;
  /** Where it is true; checkpoints of version 0.1 do not name it. */
  readonly nesterov?: boolean;
}

export type SgdOptions = Partial<Momentum> & { readonly learningRate: number };

/** Stochastic gradient descent, with momentum or Nesterov's (Sutskever, Martens, Dahl and Hinton, 2013, as PyTorch has it). */
export const sgd: OptimizerDefinition<SgdOptions, SpecOf<'sgd'> & Momentum> = {
  make({ learningRate, momentum = 0, nesterov = false, ...rest }) {
    refuseUnknown('sgd', rest, ['learningRate', 'momentum', 'nesterov']);
    checkRate('sgd: learningRate', learningRate);
    inRange('sgd: momentum', momentum, isShare, 'at least 0 and below 1');
    if (typeof nesterov !== 'boolean') throw new OptionError(`sgd: nesterov must be true or false, got ${shown(nesterov)}`);
    if (nesterov && momentum === 0) throw new OptionError('sgd: nesterov needs a momentum above 0, such as 0.9');
    return { type: 'sgd', learningRate, momentum, ...(nesterov && { nesterov }) };
  },
  rule: ({ momentum, nesterov = false }) => ({
    name: 'sgd',
    source,
    moments: 1,
    constants: { MOMENTUM: { f32: momentum }, NESTEROV: nesterov },
  }),
};
