import type { InputShape, Layer } from '../../model/types.ts';
import { shapeAfter } from './sample.ts';

/**
 * The same layers, the residuals among them as wide as what comes to them: the last convolution of each makes as many channels as
 * the residual is given. Without this no width before a residual could change, since each would have to change with another.
 */
export function fitResiduals(input: InputShape, layers: readonly Layer[]): readonly Layer[] {
  const fitted: Layer[] = [];
  for (const layer of layers) {
    const given = layer.type === 'residual' ? shapeAfter(input, fitted) : undefined;
    fitted.push(layer.type === 'residual' && given ? { ...layer, layers: widened(given as InputShape, layer.layers) } : layer);
  }
  return fitted;
}

function widened(given: InputShape, layers: readonly Layer[]): readonly Layer[] {
  const last = layers.reduce((place, { type }, index) => (type === 'conv2d' ? index : place), -1);
  const channels = given.at(-1);
  const wide = layers.map((layer, place) =>
    place === last && layer.type === 'conv2d' && channels !== undefined ? { ...layer, filters: channels } : layer,
  );
  return fitResiduals(given, wide);
}
