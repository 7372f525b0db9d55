import { describe } from '../../model/describe.ts';
import { layerList, resolve } from '../../model/resolve.ts';
import type { Model } from '../../model/types.ts';
import { layerText } from './layers/registry.ts';

/** What `describe` tells of each layer, and what it is in words. */
export function layerRows(model: Model) {
  const { layers } = describe(model);
  const words = layerList(resolve(model)).map(({ layer }) => layerText(layer));
  const depth = (name: string) => layers.filter((outer) => name.startsWith(`${outer.name}/`)).length;
  return layers.map((layer, index) => ({ ...layer, depth: depth(layer.name), words: words[index] ?? '' }));
}
