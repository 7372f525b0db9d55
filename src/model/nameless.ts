import type { LayerWithWeights } from './layers/ownership.ts';
import { containerDefinition, innerLists, isContainer, withInnerLists } from './layers/registry.ts';
import { Taps } from './taps.ts';
import type { Layer } from './types.ts';

/**
 * The layers without what makes no other model of them: names, and whether they are trained. The keys of shared weights and the names
 * of taps become numbers in the order in which they come; a key that one layer has alone is left out.
 */
export function namelessLayers(layers: readonly Layer[]): Layer[] {
  const keys = sharedKeys(layers);
  let taps = 0;
  const list = (part: readonly Layer[], around: Taps<string>): Layer[] => part.map((layer) => nameless(layer, around));
  const nameless = (layer: Layer, around: Taps<string>): Layer => {
    const { name: _, ...rest } = withoutOwnership(layer, keys);
    if (rest.type === 'tap') {
      const number = String(taps++);
      around.keep('', rest.tap, number);
      return { ...rest, tap: number };
    }
    if (rest.type === 'join') return { ...rest, tap: around.read('', rest.tap) };
    if (!isContainer(rest)) return rest;
    const { closed } = containerDefinition(rest.type);
    return withInnerLists(
      rest,
      innerLists(rest).map((inner) => list(inner.layers, new Taps(closed ? undefined : around))),
    );
  };
  return list(layers, new Taps());
}

function withoutOwnership(layer: Layer, keys: readonly string[]): Layer {
  if (!('shared' in layer) && !('trainable' in layer)) return layer;
  const { trainable: _, shared, ...rest } = layer as Layer & LayerWithWeights;
  const number = keys.indexOf(shared ?? '');
  return { ...rest, ...(number >= 0 && { shared: String(number) }) } as Layer;
}

/** The keys that several layers have, in the order in which they come. */
function sharedKeys(layers: readonly Layer[]): string[] {
  const counts = new Map<string, number>();
  const count = (list: readonly Layer[]): void => {
    for (const layer of list) {
      const { shared }: Partial<LayerWithWeights> = layer;
      if (shared !== undefined) counts.set(shared, (counts.get(shared) ?? 0) + 1);
      for (const { layers: inner } of innerLists(layer)) count(inner);
    }
  };
  count(layers);
  return [...counts].flatMap(([key, number]) => (number > 1 ? [key] : []));
}
