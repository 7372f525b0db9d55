import { model } from '../../model/model.ts';
import type { InputShape, Layer, Model } from '../../model/types.ts';
import { shapeAfter } from './fitting.ts';
import { mapInner } from './layers/registry.ts';

/**
 * The same network, written in the one way of several: where 'same' padding adds nothing, as for windows of 1x1 or pools that
 * divide the image, it is 'valid'. Two networks that differ in that alone compute the same, and are not to be tried twice.
 */
export function simplest({ input, layers }: Model): Model {
  return model(input, plain(input, layers));
}

function plain(input: InputShape, layers: readonly Layer[]): Layer[] {
  const done: Layer[] = [];
  for (const layer of layers) {
    const given = shapeAfter(input, done) as InputShape | undefined;
    done.push(given ? plainLayer(given, layer) : layer);
  }
  return done;
}

function plainLayer(input: InputShape, layer: Layer): Layer {
  if (!('padding' in layer) || layer.padding !== 'same') return mapInner(layer, (inner) => plain(input, inner));
  const valid = { ...layer, padding: 'valid' as const };
  return shapeAfter(input, [valid])?.join() === shapeAfter(input, [layer])?.join() ? valid : layer;
}
