import { activation } from '../model/layers/activation.ts';
import { innerLists, withInnerLists } from '../model/layers/registry.ts';
import { model } from '../model/model.ts';
import type { Layer, Model } from '../model/types.ts';

/** A model that does the same with the same weights, each activation a layer of its own: what comes before it can be looked at. */
export function withActivationsApart(m: Model): Model {
  return model(m.input, apart(m.layers));
}

function apart(layers: readonly Layer[]): Layer[] {
  return layers.flatMap((layer) => {
    if (layer.type === 'activation') return [layer];
    if ('activation' in layer && layer.activation !== undefined) {
      const { activation: own, ...rest } = layer;
      return [rest, activation(own)];
    }
    const lists = innerLists(layer).map((list) => apart(list.layers));
    return [lists.length > 0 ? withInnerLists(layer, lists) : layer];
  });
}
