import { checkedAlone } from '../../core/arguments.ts';
import { elements } from '../../core/value.ts';
import { flatten as flattened } from '../../ops/reshape.ts';
import type { NamedLayer, SimpleDefinition } from './definition.ts';
import { makeLayer, NAMED } from './make.ts';

export interface FlattenLayer extends NamedLayer {
  readonly type: 'flatten';
}

/** [H,W,C] -> [H * W * C]. */
export const flatten = /* @__PURE__ */ checkedAlone(
  'flatten()',
  () => ({}),
  NAMED,
  () => makeLayer(flattenDefinition, {}),
);

export const flattenDefinition: SimpleDefinition<FlattenLayer> = {
  type: 'flatten',
  fields: [],
  complete: () => ({}),
  outputShape: (_where, _layer, input) => [elements(input)],
  memory: 'view',
  lower: (_, x) => flattened(x),
};
