import type { InputShape, ResidualLayer } from '../../../model/types.ts';
import { DROPPED, type LayerEdits } from './edits.ts';

export const residualEdits: LayerEdits<ResidualLayer> = {
  role: 'block',
  changesInside: 'residual',
  widen: widened,
  ...DROPPED,
};

/** The last convolution makes as many channels as the residual is given; beside a shortcut both have widths of their own. */
function widened(layer: ResidualLayer, given: InputShape): ResidualLayer {
  if (layer.shortcut) return layer;
  const last = layer.layers.reduce((found, { type }, index) => (type === 'conv2d' ? index : found), -1);
  const channels = given.at(-1);
  const layers = layer.layers.map((one, index) =>
    index === last && one.type === 'conv2d' && channels !== undefined ? { ...one, filters: channels } : one,
  );
  return { ...layer, layers };
}
