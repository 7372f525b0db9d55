import type { Random } from '../../core/random.ts';
import type { Layer, Model } from '../../model/types.ts';
import { oneOf } from './sample.ts';

/** Other layers for a network, and how they differ in words. */
export interface Change {
  readonly layers: readonly Layer[];
  readonly change: string;
}

/** The layer around a layer. */
export type Inside = 'branch' | 'residual' | undefined;

type Edit = (
  layer: Layer,
  place: number,
  inside: Inside,
) => { readonly to: readonly Layer[]; readonly change: string } | undefined;
/** Edits one of the layers that `edit` has something for, also inside of branches; `place` is that of the outermost layer. */
export function editOne(m: Model, random: Random, edit: Edit): Change | undefined {
  const found: Change[] = [];
  const walk = (
    layers: readonly Layer[],
    outer: number | undefined,
    inside: Inside,
    rebuild: (layers: readonly Layer[]) => readonly Layer[],
  ): void => {
    layers.forEach((layer, index) => {
      const place = outer ?? index;
      const replaced = (to: readonly Layer[]) => rebuild([...layers.slice(0, index), ...to, ...layers.slice(index + 1)]);
      const edited = edit(layer, place, inside);
      if (edited) found.push({ layers: replaced(edited.to), change: edited.change });
      if (layer.type === 'branch')
        layer.paths.forEach((path, which) => {
          walk(path, place, 'branch', (inner) =>
            replaced([{ ...layer, paths: layer.paths.map((old, at) => (at === which ? inner : old)) }]),
          );
        });
      if (layer.type === 'residual') walk(layer.layers, place, 'residual', (inner) => replaced([{ ...layer, layers: inner }]));
    });
  };
  walk(m.layers, undefined, undefined, (layers) => layers);
  return found.length === 0 ? undefined : oneOf(found, random);
}
