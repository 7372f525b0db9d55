import { model } from '../model/model.ts';
import type { Layer, Model } from '../model/types.ts';
import { shapeAfter } from './sample.ts';

/**
 * The same network, written in the one way of several: where 'same' padding adds nothing, as for windows of 1x1 or pools that
 * divide the image, it is 'valid'. Two networks that differ in that alone compute the same, and are not to be tried twice.
 */
export function simplest({ input, layers }: Model): Model {
  const plain: Layer[] = [];
  for (const layer of layers) {
    const valid = 'padding' in layer && layer.padding === 'same' ? { ...layer, padding: 'valid' as const } : undefined;
    const same = valid && shapeAfter(input, [...plain, valid])?.join() === shapeAfter(input, [...plain, layer])?.join();
    plain.push(valid && same ? valid : layer);
  }
  return model(input, plain);
}
