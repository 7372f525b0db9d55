import { checkedAlone, TEXT } from '../../core/arguments.ts';
import * as field from '../fields.ts';
import type { NamedLayer, SimpleDefinition } from './definition.ts';
import { makeLayer, NAMED } from './make.ts';

export interface TapLayer extends NamedLayer {
  readonly type: 'tap';
  /** What `join` calls it. */
  readonly tap: string;
}

/** Keeps its input by a name, for a `join` further on: skips between distant layers, U-nets. Gives its input. */
export const tap = /* @__PURE__ */ checkedAlone(
  "tap('skip')",
  () => ({ name: TEXT }),
  NAMED,
  (name: string) => makeLayer(tapDefinition, { tap: name }),
);

export const tapDefinition: SimpleDefinition<TapLayer> = {
  type: 'tap',
  fields: ['tap'],
  complete: (where, fields) => ({ tap: field.text(where, 'tap', fields.tap) }),
  outputShape(where, layer, input, taps) {
    taps.keep(where, layer.tap, input);
    return input;
  },
  memory(layer, x, _, taps) {
    taps.keep(layer.type, layer.tap, x);
    return x;
  },
  lower(layer, x, { where, taps }) {
    taps.keep(where, layer.tap, x);
    return x;
  },
};
