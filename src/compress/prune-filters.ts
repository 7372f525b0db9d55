import { isRecord, refuseUnknown } from '../core/arguments.ts';
import { DataError, OptionError, ShapeError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { inheritWeights } from '../inherit/inherit-weights.ts';
import { type Sensitivity, sensitivityOf } from '../inherit/sensitivity.ts';
import { withInnerLists } from '../model/layers/registry.ts';
import { model } from '../model/model.ts';
import { layerList, parametersOf, type ResolvedLayer, resolve } from '../model/resolve.ts';
import type { Layer, Model } from '../model/types.ts';
import { checkWeights, type Weights } from '../model/weights.ts';

export interface PruneFiltersOptions {
  /** The share of all filters and units that are taken away, from 0 to below 1: those that count least, wherever they are. */
  readonly share?: number;
  /** Instead of it: how many are left of each layer, by name. */
  readonly filters?: Readonly<Record<string, number>>;
  /** How much each filter counts, by the name of its layer, as `filterImportance` gives it [by magnitude: its share of its layer]. */
  readonly importance?: Sensitivity;
}

export interface PrunedFilters {
  /** With fewer filters and units. */
  readonly model: Model;
  readonly weights: Weights;
  /** How many are left, by the name of each layer that lost some. */
  readonly left: Readonly<Record<string, number>>;
}

/**
 * A network without the filters of convolutions and units of dense layers that count least: they are taken out with all that makes, scales
 * and reads them, so the model has fewer. A layer keeps one at least; the outputs of the model, and what is added to something of
 * another layer, keep their number. Throws an OptionError where nothing can be taken away or a layer that is named can't have so many,
 * and for options that are unknown or wrong, a ShapeError for weights of another model.
 */
export function pruneFilters(m: Model, weights: Weights, options: PruneFiltersOptions): PrunedFilters {
  refuseUnknown('pruneFilters', options, ['share', 'filters', 'importance']);
  checkWeights(m, weights);
  const importance = checkedImportance(m, options.importance) ?? sensitivityOf(m, weights, () => undefined);
  const left = leftOf(m, options, importance);
  if (left.size === 0) throw new OptionError('pruneFilters: no filter can be taken away; ask for more');
  const made = narrowed(m, left);
  if (!made)
    throw new OptionError(`pruneFilters: ${shown(Object.fromEntries(left))}: these numbers of filters do not fit together`);
  const { weights: kept } = inheritWeights(m, weights, made, 0, importance);
  return { model: made, weights: kept, left: Object.fromEntries(left) };
}

/**
 * How much the loss depends on each filter and unit of a replica, to first order: the sum over its weights of (weight x gradient) squared (P.
 * Molchanov et al., CVPR 2019), by the running means of squared gradients that Adam keeps. Throws an OptionError for a
 * checkpoint of another optimizer, or of a replica that it has not.
 */
export function filterImportance({ model: m, tensors }: Checkpoint, replica = 0): Sensitivity {
  const named = (slot: string, name: string) => tensors.get(`${replica}/${slot}/${name}`);
  const weights: Weights = new Map(
    parametersOf(m).flatMap(({ name }) => {
      const value = named('value', name);
      return value ? [[name, value] as const] : [];
    }),
  );
  if (weights.size === 0) throw new OptionError(`filterImportance: the checkpoint has no replica ${shown(replica)}`);
  if (!parametersOf(m).some(({ name }) => named('moment2', name)))
    throw new OptionError(
      'filterImportance: the checkpoint has no running means of squared gradients; train with adam() or adamW()',
    );
  return sensitivityOf(m, weights, (name) => named('moment2', name)?.data);
}

function leftOf(m: Model, { share, filters }: PruneFiltersOptions, importance: Sensitivity): ReadonlyMap<string, number> {
  if ((share === undefined) === (filters === undefined))
    throw new OptionError(
      `pruneFilters: give either share or filters, such as { share: 0.5 }, got share ${shown(share)}, filters ${shown(filters)}`,
    );
  const widths = prunableWidths(m);
  if (filters !== undefined) return namedWidths(filters, widths);
  if (typeof share !== 'number' || !(share >= 0 && share < 1))
    throw new OptionError(`pruneFilters: share must be a number from 0 to below 1, got ${shown(share)}`);
  const all = [...widths].flatMap(([layer, width]) =>
    Array.from({ length: width }, (_, index) => ({ layer, value: importance[layer]?.[index] ?? 0 })),
  );
  const left = new Map(widths);
  let away = Math.floor(share * all.length + 1e-9);
  for (const { layer } of all.sort((a, b) => a.value - b.value)) {
    const width = left.get(layer) ?? 1;
    if (away === 0 || width === 1) continue;
    left.set(layer, width - 1);
    away--;
  }
  return new Map([...left].filter(([layer, width]) => width < (widths.get(layer) ?? 0)));
}

function namedWidths(filters: unknown, widths: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  if (!isRecord(filters))
    throw new OptionError(
      `pruneFilters: filters must be numbers by the names of layers, such as { conv2d_1: 8 }, got ${shown(filters)}`,
    );
  const left = new Map<string, number>();
  for (const [layer, count] of Object.entries(filters)) {
    const width = widths.get(layer);
    if (width === undefined)
      throw new OptionError(
        `pruneFilters: filters of '${layer}' can't be taken away; of these they can: ${[...widths.keys()].join(', ') || 'none'}`,
      );
    if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1 || count > width)
      throw new OptionError(
        `pruneFilters: '${layer}' has ${width} filters, of which 1 to ${width} may be left, got ${shown(count)}`,
      );
    if (count < width) left.set(layer, count);
  }
  return left;
}

/** Of each layer that may have fewer filters by itself, and so that the model gives what it gave, how many it has. */
function prunableWidths(m: Model): ReadonlyMap<string, number> {
  const layers = layerList(resolve(m)).filter(({ layer, name, weightsOf }) => widthOf(layer) > 1 && weightsOf === name);
  return new Map(
    layers.flatMap(({ layer, name }) => (narrowed(m, new Map([[name, widthOf(layer) - 1]])) ? [[name, widthOf(layer)]] : [])),
  );
}

function widthOf(layer: Layer): number {
  if (layer.type === 'conv2d' || layer.type === 'conv2dTranspose') return layer.groups === 1 ? layer.filters : 0;
  return layer.type === 'dense' ? layer.units : 0;
}

/** The model with so many filters of some layers; undefined where that is none, or gives another shape. */
function narrowed(m: Model, left: ReadonlyMap<string, number>): Model | undefined {
  const shapeOf = (of: Model) => resolve(of).at(-1)?.outputShape.join();
  try {
    const made = model(m.input, withWidths(resolve(m), left));
    return shapeOf(made) === shapeOf(m) ? made : undefined;
  } catch (error) {
    if (error instanceof ShapeError || error instanceof OptionError) return undefined;
    throw error;
  }
}

function withWidths(layers: readonly ResolvedLayer[], left: ReadonlyMap<string, number>): Layer[] {
  return layers.map(({ layer, name, inner }) => {
    const width = left.get(name);
    if (layer.type === 'dense') return { ...layer, units: width ?? layer.units };
    if (layer.type === 'conv2d' || layer.type === 'conv2dTranspose') return { ...layer, filters: width ?? layer.filters };
    if (inner.length === 0) return layer;
    return withInnerLists(
      layer,
      inner.map((list) => withWidths(list, left)),
    );
  });
}

function checkedImportance(m: Model, importance: unknown): Sensitivity | undefined {
  if (importance === undefined) return undefined;
  if (!isRecord(importance))
    throw new OptionError(
      `pruneFilters: importance must be lists by the names of layers, which filterImportance(await trainer.checkpoint()) gives, got ${shown(importance)}`,
    );
  const checked: Record<string, readonly number[]> = {};
  for (const { layer, name } of layerList(resolve(m))) {
    const values = importance[name];
    if (widthOf(layer) === 0 || values === undefined) continue;
    if (!Array.isArray(values) || values.length !== widthOf(layer) || !values.every((value) => typeof value === 'number'))
      throw new OptionError(`pruneFilters: importance of '${name}' must be ${widthOf(layer)} numbers, got ${shown(values)}`);
    if (!values.every(Number.isFinite)) throw new DataError(`pruneFilters: importance of '${name}' is not finite`);
    checked[name] = values;
  }
  return checked;
}
