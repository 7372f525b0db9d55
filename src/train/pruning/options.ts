import { isMatrix, type PerTensor } from '../../compress/per-tensor.ts';
import { checkScope, type PruneScope } from '../../compress/prune.ts';
import { isRecord, refuseUnknown } from '../../core/arguments.ts';
import { OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import { checkCount, inRange } from '../checks.ts';

/**
 * Filters and matrices are pruned while they are trained, and weights that are 0 stay 0. The share that is 0 rises from nothing along
 * sparsity (1 - (1 - t)^3), t from 0 at the step `begin` to 1 after `steps` (Zhu and Gupta, "To prune, or not to prune", 2017).
 */
export interface PruningOptions {
  /** The share that is 0 in the end [0: only what is 0 stays so]. */
  readonly sparsity?: PerTensor;
  /** Among which weights the least are sought: those of each tensor, or of all together ['tensor']. */
  readonly scope?: PruneScope;
  /** The step before which pruning begins [0]. */
  readonly begin?: number;
  /** Over how many steps the share rises [0: at once]. */
  readonly steps?: number;
  /** Steps from one pruning to the next, until `steps` are over [100]. */
  readonly every?: number;
}

export type PruningSettings = Required<PruningOptions>;

/** Every choice made. Throws an OptionError that names the first that is wrong; names of tensors are the trainer's to check. */
export function checkedPruning(given: unknown): PruningSettings {
  if (!isRecord(given))
    throw new OptionError(`trainer: pruning must be an object, such as { sparsity: 0.9, steps: 2000 }, got ${shown(given)}`);
  const { sparsity = 0, scope = 'tensor', begin = 0, steps = 0, every = 100, ...rest } = given as PruningOptions;
  refuseUnknown('trainer: pruning', rest, ['sparsity', 'scope', 'begin', 'steps', 'every']);
  checkScope('trainer: pruning', scope, sparsity);
  for (const [name, value] of Object.entries({ begin, steps }))
    inRange(`trainer: pruning: ${name}`, value, (n) => Number.isSafeInteger(n) && n >= 0, 'an integer of at least 0');
  checkCount('trainer: pruning: every', every);
  return { sparsity, scope, begin, steps, every };
}

/** Whether a parameter's zeros are kept. */
export function isPruned({ sparsity }: PruningSettings, name: string): boolean {
  return typeof sparsity === 'number' ? isMatrix(name) : Object.hasOwn(sparsity, name);
}

/** Whether nothing is pruned any more behind this step. */
export function isPruningOver({ begin, steps }: PruningSettings, step: number): boolean {
  return step >= begin + steps;
}

/** The latest step up to this one before which is pruned; undefined before the first. */
export function latestPruning({ begin, steps, every }: PruningSettings, step: number): number | undefined {
  if (step < begin) return undefined;
  if (step >= begin + steps) return begin + steps;
  return begin + Math.floor((step - begin) / every) * every;
}

/** The first step from this one on before which is pruned; undefined behind the last. */
export function nextPruning({ begin, steps, every }: PruningSettings, step: number): number | undefined {
  if (step <= begin) return begin;
  if (step > begin + steps) return undefined;
  return Math.min(begin + steps, begin + Math.ceil((step - begin) / every) * every);
}

/** By how much of the final share is pruned before a step. */
export function pruningShare({ begin, steps }: PruningSettings, step: number): number {
  if (step >= begin + steps) return 1;
  return 1 - (1 - (step - begin) / steps) ** 3;
}
