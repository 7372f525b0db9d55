import type { InputShape, Layer, ResidualLayer } from '../../../model/types.ts';
import { DROPPED, type LayerEdits } from './edits.ts';
import { endingWith } from './endings.ts';

export const residualEdits: LayerEdits<ResidualLayer> = {
  role: 'block',
  changesInside: 'residual',
  widen: widened,
  ...DROPPED,
};

/** The last convolution makes as many channels as the residual is given, or, beside a shortcut, the shortcut as many as it. */
function widened(layer: ResidualLayer, given: InputShape): ResidualLayer {
  const { layers, shortcut } = layer;
  if (!shortcut) return { ...layer, layers: endingWith(layers, given.at(-1)) };
  const filters = filtersOf(layers);
  return filters === undefined ? layer : { ...layer, shortcut: endingWith(shortcut, filters) };
}

function filtersOf(layers: readonly Layer[]): number | undefined {
  return layers.reduce<number | undefined>((found, layer) => (layer.type === 'conv2d' ? layer.filters : found), undefined);
}
