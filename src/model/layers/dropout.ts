import { checkedAlone, NUMBER } from '../../core/arguments.ts';
import { dropout as dropped } from '../../ops/dropout.ts';
import * as field from '../fields.ts';
import type { NamedLayer, SimpleDefinition } from './definition.ts';
import { makeLayer, NAMED } from './make.ts';

export interface DropoutLayer extends NamedLayer {
  readonly type: 'dropout';
  readonly rate: number;
}

/** In training, drops each element with probability `rate` and scales the others by 1 / (1 - rate). */
export const dropout = /* @__PURE__ */ checkedAlone(
  'dropout(0.5)',
  () => ({ rate: NUMBER }),
  NAMED,
  (rate: number) => makeLayer(dropoutDefinition, { rate }),
);

export const dropoutDefinition: SimpleDefinition<DropoutLayer> = {
  type: 'dropout',
  fields: ['rate'],
  complete: (where, fields) => ({ rate: field.number(where, 'rate', fields.rate, 'in [0, 1)', (n) => n >= 0 && n < 1) }),
  outputShape: (_where, _layer, input) => input,
  memory: 'view',
  lower(layer, x, lowering) {
    // The keys are counted in inference too, so that both modes number the dropouts alike.
    const key = lowering.dropoutKey();
    return lowering.mode === 'training' ? dropped({ x }, { rate: layer.rate, layer: key }) : x;
  },
};
