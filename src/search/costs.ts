import { OptionError } from '../core/errors.ts';
import { elements } from '../core/value.ts';
import { describe } from '../model/describe.ts';
import { layerList, resolve } from '../model/resolve.ts';
import type { Model } from '../model/types.ts';
import { foldedAway } from './folded.ts';
import { estimatedBytes, type Leaving } from './leaving.ts';

/** What a network costs. All but the latency, and the bytes of a coded file, is known without training or running it. */
export interface Costs {
  /** Numbers that the deployed network holds: trained elements, biases included, normalisations folded into what they follow where that is exact. */
  readonly parameters: number;
  /** Multiply-accumulates of one inference. */
  readonly macs: number;
  /** The most bytes of float32 activations alive at once at inference. */
  readonly activations: number;
  /**
   * Of the file that a network leaves as (`leaves` of the set-up or recipe): a guess before it is trained, then the mean over its
   * trainings. Where it leaves as no file: of float32 weights and running statistics.
   */
  readonly bytes: number;
  /** Milliseconds of an inference of one sample on the adapter of the search, where it was measured or predicted. */
  readonly latency?: number;
}

export type CostName = keyof Costs;

export const COST_NAMES: readonly CostName[] = ['parameters', 'macs', 'activations', 'bytes', 'latency'];

/** `leaves`: as what, where bytes are those of a file, which are then guessed. */
export function costsOf(m: Model, leaves?: Leaving): Costs {
  const { parameters, macs, peakActivationBytes } = describe(m);
  const resolved = resolve(m);
  const saved = layerList(resolved)
    .flatMap((layer) => layer.parameters)
    .reduce((sum, { shape }) => sum + elements(shape), 0);
  const bytes = leaves ? estimatedBytes(m, leaves) : 4 * saved;
  return { parameters: parameters - foldedAway(resolved), macs, activations: peakActivationBytes, bytes };
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
