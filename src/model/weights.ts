import { ShapeError } from '../core/errors.ts';
import { checkValue, formatShape, type Shape, sameShape, type Value } from '../core/value.ts';
import { parametersOf } from './resolve.ts';
import type { Model } from './types.ts';

/** A model's tensors by name (`conv2d_1/filter`), running statistics included. */
export type Weights = ReadonlyMap<string, Value>;

/** Throws a ShapeError unless `weights` holds exactly the tensors of the model, each of its shape. */
export function checkWeights(m: Model, weights: Weights): void {
  const parameters = parametersOf(m);
  for (const { name, shape } of parameters) {
    const value = weights.get(name);
    if (value === undefined)
      throw new ShapeError(
        `weights: '${name}' ${formatShape(shape)} is missing; the model needs ${parameters.length} tensors, found ` +
          `${listed([...weights.keys()])}. Are these the weights of another model?`,
      );
    checkValue(`weights: '${name}'`, value);
    if (!sameShape(value.shape, shape))
      throw new ShapeError(
        `weights: '${name}' must have shape ${formatShape(shape)}, got ${formatShape(value.shape)}. Are these the weights of another model?`,
      );
  }
  const known = new Set(parameters.map(({ name }) => name));
  for (const name of weights.keys())
    if (!known.has(name))
      throw new ShapeError(
        `weights: the model has no '${name}'; it has ${listed([...known])}. Are these the weights of another model?`,
      );
}

/** What became of weights, by name. */
export interface WeightsReport {
  /** Taken, since the model or program has a tensor of that name and shape. */
  readonly set: readonly string[];
  /** Its own that stay as they are. */
  readonly missing: readonly string[];
  /** Those that it has none of, or one of another shape. */
  readonly ignored: readonly string[];
}

/** Which of some weights an `owner` of these parameters can take: those of its names and shapes. Throws a ShapeError where it is none. */
export function partialWeights(
  owner: 'model' | 'program',
  parameters: readonly { readonly name: string; readonly shape: Shape }[],
  weights: Weights,
): WeightsReport {
  for (const [name, value] of weights) checkValue(`weights: '${name}'`, value);
  const set = parameters.flatMap(({ name, shape }) => (sameShape(weights.get(name)?.shape ?? [-1], shape) ? [name] : []));
  if (set.length === 0)
    throw new ShapeError(
      `weights: the ${owner} has none of these names and shapes; it has ${listed(parameters.map(described))}, ` +
        `found ${listed([...weights].map(([name, { shape }]) => described({ name, shape })))}`,
    );
  const taken = new Set(set);
  return {
    set,
    missing: parameters.flatMap(({ name }) => (taken.has(name) ? [] : [name])),
    ignored: [...weights.keys()].filter((name) => !taken.has(name)),
  };
}

function described({ name, shape }: { readonly name: string; readonly shape: Shape }): string {
  return `${name} ${formatShape(shape)}`;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');
}
