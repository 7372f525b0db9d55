import type { Sensitivity } from '../../../inherit/sensitivity.ts';
import { withInnerLists } from '../../../model/layers/registry.ts';
import { layerList, type ResolvedLayer, resolve } from '../../../model/resolve.ts';
import type { Layer, Model } from '../../../model/types.ts';
import { fittingModel, shapeAfter } from '../../space/fitting.ts';
import { reductionsOf } from '../../space/reductions.ts';
import { fitResiduals } from '../../space/residuals.ts';
import { simplest } from '../../space/simplest.ts';

/** A smaller network, and what was taken away, in words. */
export interface Move {
  readonly model: Model;
  readonly change: string;
  /** The share of the size that it takes away. */
  readonly share: number;
  /** One of those of the last step, one filter or one layer: no larger share was left. */
  readonly isSmall: boolean;
}

/** How much of the size is taken away at once, as long as it holds; then filter by filter. */
export const SHARES: readonly number[] = [0.5, 0.3, 0.15, 0.07, 0];
/** Of layers, windows and the like, so many are tried for each share. */
const MOST_REDUCTIONS = 2;

/**
 * What can be taken away of a network, the largest and least harmful first, from the share `SHARES[first]` on: filters of all layers,
 * those of which the loss depends least on for what they save; whole layers; parts of windows.
 */
export function movesFrom(m: Model, sensitivity: Sensitivity | undefined, sizeOf: (m: Model) => number, first: number): Move[] {
  const size = sizeOf(m);
  const moved = (model: Model | undefined, change: string): Move[] => {
    if (!model) return [];
    const share = 1 - sizeOf(model) / size;
    return share > 0 ? [{ model, change, share, isSmall: false }] : [];
  };
  const reductions = reductionsOf(m)
    .flatMap(({ model, change }) => moved(simplest(model), change))
    .sort((a, b) => a.share - b.share);
  const filters = filtersOf(m, sensitivity, size, sizeOf);
  return SHARES.slice(first).flatMap((share, index) => {
    if (share === 0) return [...singles(m, filters, moved), ...reductions].map((move) => ({ ...move, isSmall: true }));
    const next = SHARES[first + index + 1] ?? 0;
    const large = reductions.filter((move) => move.share >= next && move.share < 1.5 * share).reverse();
    return [...fewer(m, filters, share, moved), ...large.slice(0, MOST_REDUCTIONS)];
  });
}

/** A filter, or unit, that can be taken away. */
interface Filter {
  readonly layer: string;
  readonly width: number;
  /** What the loss depends on it for what it takes. */
  readonly harm: number;
}

type Moved = (model: Model | undefined, change: string) => Move[];

/** The least harmful first. */
function filtersOf(m: Model, sensitivity: Sensitivity | undefined, size: number, sizeOf: (m: Model) => number): Filter[] {
  return layerList(resolve(m))
    .flatMap(({ layer, name }) => {
      const width = widthOf(layer);
      const narrower = width !== undefined && width > 1 ? withWidths(m, new Map([[name, width - 1]])) : undefined;
      const saved = narrower ? size - sizeOf(narrower) : 0;
      if (width === undefined || saved <= 0) return [];
      const known = sensitivity?.[name];
      // Where nothing is known, all are worth the same, and a layer's first ones to go are those of which it has most.
      return Array.from({ length: width }, (_, index): Filter => {
        const value = known?.[index] ?? 1 / (width - index);
        return { layer: name, width, harm: value / saved };
      });
    })
    .sort((a, b) => a.harm - b.harm);
}

/** Without the least harmful filters, of whatever layers, as many as come nearest to this share of the size; a layer keeps one. */
function fewer(m: Model, filters: readonly Filter[], share: number, moved: Moved): Move[] {
  const without = (count: number): Move | undefined => {
    const gone = new Map<string, { readonly width: number; readonly without: number }>();
    for (const { layer, width } of filters.slice(0, count))
      gone.set(layer, { width, without: Math.min(width - 1, (gone.get(layer)?.without ?? 0) + 1) });
    const widths = new Map([...gone].map(([layer, { width, without }]) => [layer, width - without]));
    const change = [...gone].map(([layer, { width, without }]) => `${layer} ${width} -> ${width - without}`).join(', ');
    return moved(withWidths(m, widths), change)[0];
  };
  let [low, high] = [0, filters.length];
  while (low < high) {
    const count = Math.ceil((low + high) / 2);
    if ((without(count)?.share ?? 0) <= share) low = count;
    else high = count - 1;
  }
  const around = [without(low), without(low + 1)].filter((move) => move !== undefined);
  return around.sort((a, b) => Math.abs(a.share - share) - Math.abs(b.share - share)).slice(0, 1);
}

/** One filter less of one layer. */
function singles(m: Model, filters: readonly Filter[], moved: Moved): Move[] {
  const seen = new Set<string>();
  return filters.flatMap(({ layer, width }) => {
    if (seen.has(layer)) return [];
    seen.add(layer);
    return moved(withWidths(m, new Map([[layer, width - 1]])), `${layer} ${width} -> ${width - 1}`);
  });
}

function widthOf(layer: Layer): number | undefined {
  if (layer.type === 'dense') return layer.units;
  return layer.type === 'conv2d' && layer.groups === 1 ? layer.filters : undefined;
}

/** The network with other widths of layers, by name; undefined where it would not fit, or make other classes. */
function withWidths(m: Model, widths: ReadonlyMap<string, number>): Model | undefined {
  const rebuilt = (layers: readonly ResolvedLayer[]): Layer[] =>
    layers.map(({ layer, name, inner }) => {
      const width = widths.get(name);
      if (width !== undefined && layer.type === 'dense') return { ...layer, units: width };
      if (width !== undefined && layer.type === 'conv2d') return { ...layer, filters: width };
      return inner.length > 0 ? withInnerLists(layer, inner.map(rebuilt)) : layer;
    });
  const layers = fitResiduals(m.input, rebuilt(resolve(m)));
  if (shapeAfter(m.input, layers)?.join() !== shapeAfter(m.input, m.layers)?.join()) return undefined;
  const made = fittingModel(m.input, layers);
  return made && simplest(made);
}
