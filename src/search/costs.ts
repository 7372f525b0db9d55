import { OptionError } from '../core/errors.ts';
import { elements } from '../core/value.ts';
import { describe } from '../model/describe.ts';
import { parametersOf } from '../model/resolve.ts';
import type { Model } from '../model/types.ts';

/** What a network costs. All but the latency is known without training or running it. */
export interface Costs {
  /** Trained elements, biases included. */
  readonly parameters: number;
  /** Multiply-accumulates of one inference. */
  readonly macs: number;
  /** The most bytes of float32 activations alive at once at inference. */
  readonly activations: number;
  /** Of float32 weights and running statistics, as they are saved, without the file's header. */
  readonly bytes: number;
  /** Milliseconds of an inference of one sample on the adapter of the search, where it was measured or predicted. */
  readonly latency?: number;
}

export type CostName = keyof Costs;

export const COST_NAMES: readonly CostName[] = ['parameters', 'macs', 'activations', 'bytes', 'latency'];

export function costsOf(m: Model): Costs {
  const { parameters, macs, peakActivationBytes } = describe(m);
  const saved = parametersOf(m).reduce((sum, { shape }) => sum + elements(shape), 0);
  return { parameters, macs, activations: peakActivationBytes, bytes: 4 * saved };
}

/** What "small" means: one cost, or a mix of several, and what may not be exceeded. */
export interface Objective {
  /** The sum of weight x cost is minimised. */
  readonly weights: Readonly<Partial<Record<CostName, number>>>;
  readonly limits: Readonly<Partial<Record<CostName, number>>>;
}

export function objective(minimise: CostName | Objective['weights'], limits: Objective['limits'] = {}): Objective {
  const weights = typeof minimise === 'string' ? { [minimise]: 1 } : minimise;
  for (const [name, value] of [...Object.entries(weights), ...Object.entries(limits)]) {
    if (!COST_NAMES.includes(name as CostName))
      throw new OptionError(`objective: there is no cost '${name}'; the costs are ${COST_NAMES.join(', ')}`);
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
      throw new OptionError(`objective: ${name} must be a number of at least 0, got ${String(value)}`);
  }
  if (!Object.values(weights).some((weight) => weight > 0))
    throw new OptionError('objective: every weight is 0: there is nothing to make small');
  return { weights, limits };
}

export function scoreOf(objective: Objective, costs: Costs): number {
  const { weights } = objective;
  return COST_NAMES.reduce((sum, name) => sum + (weights[name] ?? 0) * (costs[name] ?? 0), 0);
}

/** The first limit that is exceeded, in words; undefined where none is. */
export function excess({ limits }: Objective, costs: Costs): string | undefined {
  const name = COST_NAMES.find((cost) => (costs[cost] ?? 0) > (limits[cost] ?? Number.POSITIVE_INFINITY));
  return name && `${costs[name]} ${name}, and ${limits[name]} is the limit`;
}
