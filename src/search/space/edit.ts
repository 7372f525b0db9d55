import type { Random } from '../../core/random.ts';
import type { Layer, Model } from '../../model/types.ts';
import type { Edit, Inside } from './layers/edits.ts';
import { changeableLists } from './layers/registry.ts';
import { oneOf } from './sample.ts';

/** Other layers for a network, and how they differ in words. */
export interface Change {
  readonly layers: readonly Layer[];
  readonly change: string;
}

/** Edits one of the layers that `edit` has something for, also inside of others; `outermost` is the index of the one in the network itself. */
export function editOne(
  m: Model,
  random: Random,
  edit: (layer: Layer, outermost: number, inside: Inside) => Edit | undefined,
): Change | undefined {
  const found: Change[] = [];
  const walk = (
    layers: readonly Layer[],
    outer: number | undefined,
    inside: Inside,
    rebuild: (layers: readonly Layer[]) => readonly Layer[],
  ): void => {
    layers.forEach((layer, index) => {
      const outermost = outer ?? index;
      const replaced = (to: readonly Layer[]) => rebuild([...layers.slice(0, index), ...to, ...layers.slice(index + 1)]);
      const edited = edit(layer, outermost, inside);
      if (edited) found.push({ layers: replaced(edited.to), change: edited.change });
      for (const inner of changeableLists(layer))
        walk(inner.layers, outermost, inner.inside, (other) => replaced([inner.replaced(other)]));
    });
  };
  walk(m.layers, undefined, undefined, (layers) => layers);
  return found.length === 0 ? undefined : oneOf(found, random);
}
