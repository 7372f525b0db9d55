import type { ActivationLayer } from '../../../model/layers/activation.ts';
import type { Conv2dLayer } from '../../../model/layers/conv2d.ts';
import type { DenseLayer } from '../../../model/layers/dense.ts';
import type { PreluLayer } from '../../../model/layers/prelu.ts';
import { activation as activationLayer, prelu } from '../../../model/layers.ts';
import { oneOf } from '../sample.ts';
import { isPrelu } from '../space.ts';
import type { Edit, LayerEdits, Site } from './edits.ts';
import { DROPPED } from './edits.ts';

/** A slope that is trained in place of an activation, where the space names such. */
export function sloped(layer: Conv2dLayer | DenseLayer, { space, isOutput }: Site): Edit | undefined {
  const { activation, ...bare } = layer;
  if (isOutput || activation === undefined || !space.activations.some(isPrelu)) return undefined;
  return { to: [bare, prelu()], change: `a trained slope behind a ${layer.type}` };
}

export const activationEdits: LayerEdits<ActivationLayer> = {
  mutations: {
    slope(_, { space, isOutput }) {
      if (isOutput || !space.activations.some(isPrelu)) return undefined;
      return { to: [prelu()], change: 'a trained slope in place of an activation' };
    },
  },
};

export const preluEdits: LayerEdits<PreluLayer> = {
  mutations: {
    slope(_, { space, random }) {
      const others = space.activations.filter((activation) => !isPrelu(activation));
      const to = others.length === 0 ? undefined : oneOf(others, random);
      if (to === undefined || isPrelu(to)) return undefined;
      return { to: [activationLayer(to)], change: 'an activation in place of a trained slope' };
    },
  },
  ...DROPPED,
};
