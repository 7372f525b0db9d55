import { OptionError } from '../core/errors.ts';
import type { Value } from '../core/value.ts';
import { withInnerLists } from '../model/layers/registry.ts';
import { model } from '../model/model.ts';
import { parametersOf, type ResolvedLayer, resolve } from '../model/resolve.ts';
import type { Layer, Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { exportGraph } from './graph.ts';

/** A model without batch normalisation, and its weights. */
export interface Deployed {
  readonly model: Model;
  readonly weights: Weights;
}

/**
 * A model as it leaves: its batch normalisations are in the weights and biases in front of them, and no layers any more; all other layers
 * keep their names. A model without any is given back as it is. Throws an OptionError that names a normalisation which no weights can
 * take in, and what `exportGraph` throws.
 */
export function deployed(m: Model, weights: Weights): Deployed {
  const { constants, operations } = exportGraph(m, weights);
  const apart = operations.find(({ type }) => type === 'scaleOffset');
  if (apart)
    throw new OptionError(
      `${apart.layer}: no convolution or dense layer in front of this normalisation can take it in; put it directly behind one, before its activation`,
    );
  const resolved = resolve(m);
  if (!hasNormalisation(resolved)) return { model: m, weights };
  const folded = new Map<string, Value>(constants.map(({ name, shape, data }) => [name, { shape, data }]));
  const made = model(m.input, withoutNormalisation(resolved, folded));
  return {
    model: made,
    weights: new Map(parametersOf(made).map(({ name }) => [name, folded.get(name) ?? (weights.get(name) as Value)])),
  };
}

function hasNormalisation(layers: readonly ResolvedLayer[]): boolean {
  return layers.some(({ layer, inner }) => layer.type === 'batchNorm' || inner.some(hasNormalisation));
}

/** A layer that took one in has a bias from then on. */
function withoutNormalisation(layers: readonly ResolvedLayer[], folded: ReadonlyMap<string, Value>): Layer[] {
  return layers.flatMap(({ layer, weightsOf, inner }) => {
    if (layer.type === 'batchNorm') return [];
    if (inner.length > 0)
      return [
        withInnerLists(
          layer,
          inner.map((list) => withoutNormalisation(list, folded)),
        ),
      ];
    const biased = 'bias' in layer && !layer.bias && folded.has(`${weightsOf}/bias`);
    return [biased ? { ...layer, bias: true } : layer];
  });
}
