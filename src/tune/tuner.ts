import type { Gpu } from '../gpu/gpu.ts';
import type { VariantChoice } from '../kernels/family.ts';
import type { PlannedDecision } from '../plan/plan.ts';
import { problemLabel } from './label.ts';
import { type Effort, measureVariants } from './measure.ts';
import { type Finding, TuningMemory } from './memory.ts';

export type TuneMode = 'quick' | 'full';

export interface TuneOptions {
  readonly mode: TuneMode;
  /** Milliseconds of measuring at the most [quick: 5,000; full: 120,000]; kernels not finished by then keep the table's variant. */
  readonly budgetMs?: number;
  /** Measure again what is remembered [false]. */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal;
}

/** The answer for one distinct kernel and shape. */
export interface TunedKernel {
  readonly family: string;
  /** The problem in words. */
  readonly problem: string;
  /** Tells the kernel and shape from all others, across processes. */
  readonly key: string;
  /** What the table by kind of adapter chooses, and what serves best. */
  readonly preferred: string;
  readonly variant: string;
  /** Least milliseconds of a dispatch by variant; empty where the answer is the table's. */
  readonly times: Readonly<Record<string, number>>;
  /** Where the answer comes from: measured now, remembered from the user's cache, or, where the budget ended before, the table. */
  readonly source: 'measured' | 'remembered' | 'table';
  /** How many kernels have their answer, and of how many. */
  readonly done: number;
  readonly of: number;
}

const BUDGET_MS: Readonly<Record<TuneMode, number>> = { quick: 5_000, full: 120_000 };
const EFFORT: Readonly<Record<TuneMode, Effort>> = {
  quick: { sampleMs: 4, samples: 3 },
  full: { sampleMs: 20, samples: 9 },
};
/** A variant must beat the table's by this factor: what lies closer is noise. */
const MARGIN = 0.97;

/**
 * Finds the best variant of each distinct kernel and shape among the decisions where there is a choice, those that touch most memory first, and yields
 * the answers. What was measured to the end is remembered, also where an abort ends the tuning with an AbortError.
 */
export async function* tuneDecisions(
  gpu: Gpu,
  decisions: readonly PlannedDecision[],
  { mode, budgetMs = BUDGET_MS[mode], fresh = false, signal }: TuneOptions,
): AsyncGenerator<TunedKernel, void, undefined> {
  const memory = await TuningMemory.open(gpu);
  const end = performance.now() + budgetMs;
  const stop = () => performance.now() >= end;
  let measured = 0;

  const answer = async (planned: PlannedDecision, key: string): Promise<Pick<TunedKernel, 'variant' | 'times' | 'source'>> => {
    const { decision } = planned;
    const known = memory.get(key);
    if (known && !fresh && (known.mode === 'full' || mode === 'quick')) return { ...known, source: 'remembered' };
    const times = stop() ? undefined : await measureVariants(gpu, planned, EFFORT[mode], stop, signal);
    if (times) {
      const finding: Finding = { variant: winner(decision.variant, times), times: Object.fromEntries(times), mode };
      memory.set(key, finding);
      measured++;
      return { ...finding, source: 'measured' };
    }
    return known ? { ...known, source: 'remembered' } : { variant: decision.variant, times: {}, source: 'table' };
  };

  const weight = ({ bytes }: PlannedDecision) => bytes.reduce((sum, size) => sum + size, 0);
  const distinct = [...new Map(decisions.map((planned) => [planned.decision.key, planned])).values()].filter(
    ({ decision }) => decision.candidates().length > 1,
  );
  distinct.sort((a, b) => weight(b) - weight(a));
  try {
    let done = 0;
    for (const planned of distinct) {
      const { family, problem, variant: preferred } = planned.decision;
      const key = TuningMemory.keyOf(planned.decision);
      const found = await answer(planned, key);
      yield { family, problem: problemLabel(problem), key, preferred, ...found, done: ++done, of: distinct.length };
    }
  } finally {
    if (measured > 0) await memory.save();
  }
}

/** Tunes without a word and returns the choice for a plan that makes these decisions. */
export async function tunedChoice(gpu: Gpu, decisions: readonly PlannedDecision[], options: TuneOptions): Promise<VariantChoice> {
  const variants = new Map<string, string>();
  for await (const { key, variant } of tuneDecisions(gpu, decisions, options)) variants.set(key, variant);
  const choice: Record<string, string[]> = {};
  for (const { decision } of decisions) {
    const ofFamily = choice[decision.family] ?? [];
    choice[decision.family] = ofFamily;
    ofFamily.push(variants.get(TuningMemory.keyOf(decision)) ?? decision.variant);
  }
  return choice;
}

/** The fastest variant, or the preferred one where that is as good. */
function winner(preferred: string, times: ReadonlyMap<string, number>): string {
  const [fastest] = [...times].sort(([, a], [, b]) => a - b);
  const own = times.get(preferred);
  return fastest && (own === undefined || fastest[1] < MARGIN * own) ? fastest[0] : preferred;
}
