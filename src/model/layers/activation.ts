import { type Activation, checkActivation } from '../../core/activation.ts';
import { ANY, checkedAlone } from '../../core/arguments.ts';
import { OptionError } from '../../core/errors.ts';
import { activation as activated } from '../../ops/activation.ts';
import type { NamedLayer, SimpleDefinition } from './definition.ts';
import { makeLayer, NAMED } from './make.ts';

export interface ActivationLayer extends NamedLayer {
  readonly type: 'activation';
  readonly activation: Activation;
}

/** An activation of each element; of all of the last axis together, for 'softmax'. */
export const activation = /* @__PURE__ */ checkedAlone(
  "activation('relu')",
  () => ({ kind: ANY }),
  NAMED,
  (kind: Activation) => makeLayer(activationDefinition, { activation: kind }),
);

export const activationDefinition: SimpleDefinition<ActivationLayer> = {
  type: 'activation',
  fields: ['activation'],
  complete(where, fields) {
    const activation = checkActivation(where, fields.activation);
    if (activation === undefined) throw new OptionError(`${where}: activation is missing; leave the layer out for none`);
    return { activation };
  },
  outputShape: (_where, _layer, input) => input,
  memory: 'inPlace',
  lower: (layer, x) => activated(x, layer.activation),
};
