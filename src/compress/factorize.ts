import { SingularValueDecomposition as Decomposition, Matrix } from 'ml-matrix';
import { isRecord, refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { elements, type Value } from '../core/value.ts';
import { innerLists, withInnerLists } from '../model/layers/registry.ts';
import { model } from '../model/model.ts';
import { layerList, type ResolvedLayer, resolve } from '../model/resolve.ts';
import type { Layer, Model } from '../model/types.ts';
import { checkWeights, type Weights } from '../model/weights.ts';
import { type FactorForm, type Factoring, factoringsOf } from './factorings.ts';
import { checkFinite } from './finite.ts';

/** One number for all layers, or one each by name (`dense_1`); a layer that is not named stays as it is. */
type PerLayer = number | Readonly<Record<string, number>>;

export interface FactorizeOptions {
  /** How many features lie between the two layers that take the place of one. */
  readonly rank?: PerLayer;
  /** Instead of it: the fewest that keep this share of the squares of the singular values, above 0 and at most 1. */
  readonly energy?: PerLayer;
  /** How convolutions are divided, all of them or each by name: into a column and a row of the window, or into the window and a 1 x 1; [whichever has fewer weights]. */
  readonly form?: FactorForm | Readonly<Record<string, FactorForm>>;
}

/** A layer that became two. */
export interface Factorized {
  /** What it was called. */
  readonly layer: string;
  readonly form: FactorForm | 'dense';
  readonly rank: number;
  /** The share of the squares of the singular values that is kept. */
  readonly energy: number;
  /** Weights and biases of the one, and of the two. */
  readonly parameters: readonly [before: number, after: number];
}

export interface FactorizedModel {
  readonly model: Model;
  readonly weights: Weights;
  readonly factorized: readonly Factorized[];
}

interface Chosen extends Factorized {
  readonly layers: readonly [Layer, Layer];
  readonly factors: readonly [Value, Value];
}

/**
 * A model in which dense layers and convolutions are two each, of the rank that is asked for, by their singular values (E. Denton et al.,
 * NIPS 2014; M. Jaderberg et al., BMVC 2014: a column, then a row). A layer whose two would have no fewer weights stays as it is; so does
 * one whose weights are shared with others, and a convolution in groups. Throws an OptionError where nothing would be smaller or a layer
 * that is named would not, and for options that are unknown or wrong, a ShapeError for weights of another model.
 */
export function factorize(m: Model, weights: Weights, options: FactorizeOptions): FactorizedModel {
  refuseUnknown('factorize', options, ['rank', 'energy', 'form']);
  checkWeights(m, weights);
  checkFinite('factorize', weights);
  const wanted = wantedOf(options, layerList(resolve(m)));
  const formOf = formsOf(options, layerList(resolve(m)));
  const chosen = new Map<string, Chosen>();
  for (const resolved of layerList(resolve(m))) {
    const rankOf = wanted(resolved.name);
    const found = rankOf && smallest(resolved, weights, rankOf, formOf(resolved.name));
    if (found) chosen.set(resolved.name, found);
    else if (rankOf && isNamed(options, resolved.name))
      throw new OptionError(
        `factorize: two layers in place of '${resolved.name}' would have no fewer weights; leave it out, or lower its rank`,
      );
  }
  if (chosen.size === 0) throw new OptionError('factorize: no layer would become smaller; lower the rank or the energy');
  const made = model(m.input, replaced(resolve(m), chosen));
  const factorized = [...chosen.values()].map(({ layers: _, factors: __, ...told }) => told);
  return { model: made, weights: weightsOf(made, layerList(resolve(m)), weights, chosen), factorized };
}

/** How many of the singular values a layer keeps; undefined for one that stays as it is. */
type RankOf = (singular: readonly number[]) => number;

function wantedOf({ rank, energy }: FactorizeOptions, layers: readonly ResolvedLayer[]): (layer: string) => RankOf | undefined {
  if ((rank === undefined) === (energy === undefined))
    throw new OptionError(
      `factorize: give either rank or energy, such as { energy: 0.9 }, got rank ${shown(rank)}, energy ${shown(energy)}`,
    );
  const [what, given] = rank === undefined ? (['energy', energy] as const) : (['rank', rank] as const);
  const values: readonly (readonly [string, unknown])[] = isRecord(given) ? Object.entries(given) : [['all', given]];
  for (const [name, value] of values) {
    if (isRecord(given)) checkNamed(name, layers);
    const holds =
      typeof value === 'number' && (what === 'rank' ? Number.isSafeInteger(value) && value >= 1 : value > 0 && value <= 1);
    if (!holds)
      throw new OptionError(
        `factorize: ${what} must be ${what === 'rank' ? 'a positive integer' : 'a number above 0 and at most 1'}, got ${shown(value)}`,
      );
  }
  return (layer) => {
    const value = isRecord(given) ? given[layer] : given;
    if (value === undefined) return undefined;
    return (singular) => (what === 'rank' ? Math.min(value, singular.length) : leastRank(singular, value));
  };
}

function formsOf({ form }: FactorizeOptions, layers: readonly ResolvedLayer[]): (layer: string) => FactorForm | undefined {
  const values: readonly (readonly [string | undefined, unknown])[] = isRecord(form)
    ? Object.entries(form)
    : form === undefined
      ? []
      : [[undefined, form]];
  for (const [name, value] of values) {
    if (name !== undefined) checkNamed(name, layers);
    if (value !== 'spatial' && value !== 'channels')
      throw new OptionError(
        `factorize: form${name === undefined ? '' : ` of '${name}'`} must be 'spatial' or 'channels', got ${shown(value)}`,
      );
  }
  return (layer) => (typeof form === 'object' ? form[layer] : form);
}

function checkNamed(name: string, layers: readonly ResolvedLayer[]): void {
  if (!layers.some((layer) => layer.name === name))
    throw new OptionError(`factorize: the model has no layer '${name}'; it has ${layers.map((layer) => layer.name).join(', ')}`);
}

function isNamed({ rank, energy }: FactorizeOptions, layer: string): boolean {
  return [rank, energy].some((given) => isRecord(given) && Object.hasOwn(given, layer));
}

function leastRank(singular: readonly number[], energy: number): number {
  let rank = 1;
  while (rank < singular.length && energyOf(singular, rank) < energy) rank++;
  return rank;
}

/** The share of the squares of the first so many. */
function energyOf(singular: readonly number[], rank: number): number {
  const total = singular.reduce((sum, value) => sum + value * value, 0);
  return total === 0 ? 1 : singular.slice(0, rank).reduce((sum, value) => sum + value * value, 0) / total;
}

/** The two layers of the fewest weights; undefined where they would have no fewer than the one. */
function smallest(resolved: ResolvedLayer, weights: Weights, rankOf: RankOf, form?: FactorForm): Chosen | undefined {
  const { name, parameters } = resolved;
  const before = parameters.reduce((sum, { shape }) => sum + elements(shape), 0);
  const candidates = factoringsOf(resolved, weights).filter(
    (one) => one.form === 'dense' || form === undefined || one.form === form,
  );
  const found = candidates.map((factoring): Chosen => {
    const { form: divided, rows, columns, at, bias } = factoring;
    const matrix = Matrix.zeros(rows, columns);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) matrix.set(row, column, at(row, column));
    const parts = new Decomposition(matrix, { autoTranspose: true });
    const singular = parts.diagonal;
    const rank = rankOf(singular);
    const after = rank * (rows + columns) + bias;
    const told = { layer: name, form: divided, rank, energy: energyOf(singular, rank), parameters: [before, after] as const };
    return { ...told, layers: factoring.layers(rank), factors: factorsOf(factoring, parts, rank) };
  });
  return found.filter((one) => one.parameters[1] < before).sort((a, b) => a.parameters[1] - b.parameters[1])[0];
}

/** Each factor takes the root of a singular value. */
function factorsOf(
  { rows, columns, shapes, second = (_, k, column) => k * columns + column }: Factoring,
  parts: Decomposition,
  rank: number,
): readonly [Value, Value] {
  const [left, right] = [new Float32Array(rows * rank), new Float32Array(rank * columns)];
  for (let k = 0; k < rank; k++) {
    const root = Math.sqrt(parts.diagonal[k] ?? 0);
    for (let row = 0; row < rows; row++) left[row * rank + k] = root * parts.leftSingularVectors.get(row, k);
    for (let column = 0; column < columns; column++)
      right[second(rank, k, column)] = root * parts.rightSingularVectors.get(column, k);
  }
  const [shape, other] = shapes(rank);
  return [
    { shape, data: left },
    { shape: other, data: right },
  ];
}

function replaced(layers: readonly ResolvedLayer[], chosen: ReadonlyMap<string, Chosen>): Layer[] {
  return layers.flatMap(({ layer, name, inner }) => {
    const found = chosen.get(name);
    if (found) return found.layers;
    if (innerLists(layer).length === 0) return [layer];
    return [
      withInnerLists(
        layer,
        inner.map((list) => replaced(list, chosen)),
      ),
    ];
  });
}

/** The layers of both models in their order: two of the made one for each that was divided. */
function weightsOf(
  made: Model,
  before: readonly ResolvedLayer[],
  weights: Weights,
  chosen: ReadonlyMap<string, Chosen>,
): Weights {
  const found = new Map<string, Value>();
  const give = (layer: ResolvedLayer | undefined, values: readonly (Value | undefined)[]): void => {
    layer?.parameters.forEach(({ name }, index) => {
      const value = values[index];
      if (value) found.set(name, value);
    });
  };
  const after = layerList(resolve(made));
  let at = 0;
  for (const { name, parameters } of before) {
    const values = parameters.map((parameter) => weights.get(parameter.name));
    const factors = chosen.get(name)?.factors;
    if (factors) {
      give(after[at++], [factors[0]]);
      give(after[at++], [factors[1], ...values.slice(1)]);
    } else give(after[at++], values);
  }
  return found;
}
