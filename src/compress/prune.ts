import { refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import type { Value } from '../core/value.ts';
import type { Weights } from '../model/weights.ts';
import { checkFinite } from './finite.ts';
import { type PerTensor, perTensor } from './per-tensor.ts';

export interface PruneOptions {
  /** The share of the weights that shall be 0, from 0 to below 1: those of the least magnitude, rounded down to whole ones. */
  readonly sparsity?: PerTensor;
  /** Instead of it: weights of a magnitude below this become 0. */
  readonly threshold?: PerTensor;
  /** Among which weights the least are sought: those of each tensor, or of all together ['tensor']. */
  readonly scope?: PruneScope;
}

export type PruneScope = 'tensor' | 'network';

/**
 * The weights, those of the least magnitude of filters and matrices 0. Equal ones go in the order in which they lie. A trainer with
 * `pruning` keeps them 0. Throws an OptionError for options that are unknown or wrong, a DataError for weights that are not finite.
 */
export function prune(weights: Weights, options: PruneOptions): Weights {
  refuseUnknown('prune', options, ['sparsity', 'threshold', 'scope']);
  const { sparsity, threshold, scope = 'tensor' } = options;
  if ((sparsity === undefined) === (threshold === undefined))
    throw new OptionError(`prune: give either sparsity or threshold, such as { sparsity: 0.9 }, got ${shown(options)}`);
  checkFinite('prune', weights);
  checkScope('prune', scope, threshold === undefined ? sparsity : threshold);
  if (threshold !== undefined) {
    const wanted = perTensor('prune: threshold', threshold, 'of at least 0', (n) => n >= 0, [...weights.keys()]);
    return new Map([...weights].map(([name, value]) => [name, withoutBelow(value, wanted.get(name) ?? 0)]));
  }
  return pruned(weights, sparsities('prune: sparsity', sparsity, [...weights.keys()]), scope);
}

/** Of each tensor that is pruned the share that shall be 0. Throws an OptionError for a share or a name that is none. */
export function sparsities(where: string, sparsity: unknown, names: readonly string[]): ReadonlyMap<string, number> {
  return perTensor(where, sparsity, 'from 0 to below 1', (n) => n >= 0 && n < 1, names);
}

/** Throws an OptionError for a scope that is none, or that names contradict. */
export function checkScope(where: string, scope: unknown, sparsity: unknown): asserts scope is PruneScope {
  if (scope !== 'tensor' && scope !== 'network')
    throw new OptionError(`${where}: scope must be 'tensor' or 'network', got ${shown(scope)}`);
  if (scope === 'network' && typeof sparsity !== 'number')
    throw new OptionError(`${where}: with scope 'network' one number is for all, got ${shown(sparsity)}; or leave the scope out`);
}

/** The weights with so much of each of these tensors 0, or as much of all together. */
export function pruned(weights: Weights, shares: ReadonlyMap<string, number>, scope: PruneScope): Weights {
  const tensors = [...weights].filter(([name]) => shares.has(name));
  const groups = scope === 'network' ? [tensors] : tensors.map((tensor) => [tensor]);
  const made = groups.flatMap((group) => {
    const share = shares.get(group[0]?.[0] ?? '') ?? 0;
    const left = withoutLeast(
      group.map(([, value]) => value),
      share,
    );
    return group.flatMap(([name], index) => left.slice(index, index + 1).map((value) => [name, value] as const));
  });
  return new Map([...weights, ...made]);
}

function withoutLeast(values: readonly Value[], share: number): Value[] {
  const count = values.reduce((sum, { data }) => sum + data.length, 0);
  // A share of 0.9 of 10 is 9, whatever the product rounds to.
  let left = Math.floor(share * count + 1e-9);
  const magnitudes = new Float32Array(count);
  let at = 0;
  for (const { data } of values) for (const value of data) magnitudes[at++] = Math.abs(value);
  const limit = left > 0 ? (magnitudes.sort()[left - 1] ?? 0) : -1;
  // Those at the limit go in their order, as many as are left when all below it have gone.
  for (const { data } of values) for (const value of data) if (Math.abs(value) < limit) left--;
  return values.map(({ shape, data }) => ({
    shape,
    data: data.map((value) => (Math.abs(value) < limit || (Math.abs(value) === limit && left-- > 0) ? 0 : value)),
  }));
}

function withoutBelow({ shape, data }: Value, threshold: number): Value {
  return { shape, data: data.map((value) => (Math.abs(value) < threshold ? 0 : value)) };
}
