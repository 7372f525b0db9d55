import type { Gpu } from '../gpu/gpu.ts';
import type { Decision, VariantChoice } from '../kernels/family.ts';
import { type PlannedDecision, type PlannedFusion, type PlannedKernel, planDecisions, planFusions } from '../plan/decisions.ts';
import { type GraphOptions, loadFamilies, lowerOn } from '../plan/layout.ts';
import { problemLabel } from './label.ts';
import { type Candidates, type Effort, measureVariants } from './measure.ts';
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
 * Finds the best way through plans of these graphs: for each distinct piece of work that one fused kernel could do whether it
 * should, and for each distinct kernel and shape that is left the best variant, those that touch most memory first. Yields the
 * answers. What was measured to the end is remembered, also where an abort ends the tuning with an AbortError.
 */
export async function* tuneGraphs(
  gpu: Gpu,
  graphs: readonly GraphOptions[],
  options: TuneOptions,
): AsyncGenerator<TunedKernel, void, undefined> {
  const tuning = await Tuning.begin(gpu, options);
  try {
    yield* tuning.graphs(graphs);
  } finally {
    await tuning.end();
  }
}

/** Tunes without a word and returns the choice for a plan of these options. */
export async function tunedChoice(gpu: Gpu, graph: GraphOptions, options: TuneOptions): Promise<VariantChoice> {
  const tuning = await Tuning.begin(gpu, options);
  try {
    const answers = tuning.graphs([graph]);
    let step = await answers.next();
    while (!step.done) step = await answers.next();
    return step.value[0] ?? {};
  } finally {
    await tuning.end();
  }
}

/** Answers for decisions alone. */
export async function* tuneDecisions(
  gpu: Gpu,
  decisions: readonly PlannedDecision[],
  options: TuneOptions,
): AsyncGenerator<TunedKernel, void, undefined> {
  const tuning = await Tuning.begin(gpu, options);
  try {
    yield* tuning.decisions(decisions);
  } finally {
    await tuning.end();
  }
}

type Found = Pick<TunedKernel, 'variant' | 'times' | 'source'>;

/** One round of tuning: its time, and what it remembers. */
class Tuning {
  private readonly limit: number;
  /** Keys of what was measured in this round: not measured twice, also where `fresh` asks for new measurements. */
  private readonly measured = new Set<string>();
  private done = 0;

  private constructor(
    private readonly gpu: Gpu,
    private readonly memory: TuningMemory,
    private readonly options: TuneOptions,
  ) {
    this.limit = performance.now() + (options.budgetMs ?? BUDGET_MS[options.mode]);
  }

  static async begin(gpu: Gpu, options: TuneOptions): Promise<Tuning> {
    return new Tuning(gpu, await TuningMemory.open(gpu), options);
  }

  async end(): Promise<void> {
    if (this.measured.size > 0) await this.memory.save();
  }

  /** Yields the answers for the plans of some graphs, and returns the choice for each. */
  async *graphs(graphs: readonly GraphOptions[]): AsyncGenerator<TunedKernel, VariantChoice[], undefined> {
    for (const graph of graphs) await loadFamilies(this.gpu, graph);
    const planned = graphs.map((graph) => ({ graph, fusions: planFusions(this.gpu, graph) }));
    const weighed = distinct(planned.flatMap(({ fusions }) => fusions)).filter(({ alternatives }) => alternatives.size > 1);
    const expected = open(graphs.flatMap((graph) => planDecisions(lowerOn(this.gpu, graph)))).length;
    const variants = new Map<string, string>();
    for (const fusion of weighed) {
      const found = await this.weigh(fusion);
      variants.set(fusion.decision.key, found.variant);
      yield this.answered(fusion.decision, TuningMemory.keyOfFusion(fusion), found, weighed.length + expected);
    }
    const chosenFusions = planned.map(({ graph, fusions }) => {
      const fused = chosen(fusions, variants);
      return { fused, decisions: planDecisions(lowerOn(this.gpu, { ...graph, choice: fused })) };
    });
    const answers = yield* this.decisions(chosenFusions.flatMap(({ decisions }) => decisions));
    return chosenFusions.map(({ fused, decisions }) => ({ ...chosen(decisions, answers), ...fused }));
  }

  /** Yields the answers for decisions, and returns the variants by the decisions' keys. */
  async *decisions(decisions: readonly PlannedDecision[]): AsyncGenerator<TunedKernel, ReadonlyMap<string, string>, undefined> {
    const bytes = (planned: PlannedDecision) => planned.bytes.reduce((sum, size) => sum + size, 0);
    const asked = open(decisions).sort((a, b) => bytes(b) - bytes(a));
    const of = this.done + asked.length;
    const variants = new Map<string, string>();
    for (const planned of asked) {
      const found = await this.decide(planned);
      variants.set(planned.decision.key, found.variant);
      yield this.answered(planned.decision, TuningMemory.keyOf(planned.decision), found, of);
    }
    return variants;
  }

  private answered({ family, problem, variant }: Decision, key: string, found: Found, of: number): TunedKernel {
    return { family, problem: problemLabel(problem), key, preferred: variant, ...found, done: ++this.done, of };
  }

  /** The best variant for a decision. */
  private decide({ decision, bytes }: PlannedDecision): Promise<Found> {
    return this.look(TuningMemory.keyOf(decision), decision.variant, () =>
      this.measure({ candidates: decision.candidates(), bytes }),
    );
  }

  /** Whether a fused kernel, and which, or its parts: each part in its own best variant. */
  private weigh(fusion: PlannedFusion): Promise<Found> {
    return this.look(TuningMemory.keyOfFusion(fusion), fusion.decision.variant, async () => {
      const times = new Map<string, number>();
      for (const [variant, parts] of fusion.alternatives) {
        let total = 0;
        for (const part of parts) {
          const ms = await this.leastOf(part);
          if (ms === undefined) return undefined;
          total += ms;
        }
        times.set(variant, total);
      }
      return times;
    });
  }

  private async leastOf(part: PlannedKernel | PlannedDecision): Promise<number | undefined> {
    if ('kernel' in part) {
      const only = await this.measure({ candidates: [{ variant: 'only', kernel: part.kernel }], bytes: part.bytes });
      return only?.get('only');
    }
    const { times } = await this.decide(part);
    const found = Object.values(times);
    return found.length === 0 ? undefined : Math.min(...found);
  }

  private measure(candidates: Candidates): Promise<Map<string, number> | undefined> {
    const { mode, signal } = this.options;
    return measureVariants(this.gpu, candidates, EFFORT[mode], () => performance.now() >= this.limit, signal);
  }

  private async look(key: string, preferred: string, measure: () => Promise<Map<string, number> | undefined>): Promise<Found> {
    const { mode, fresh = false } = this.options;
    const known = this.memory.get(key);
    const isNew = this.measured.has(key);
    const remembered = known && { variant: known.variant, times: known.times, source: 'remembered' as const };
    if (isNew && remembered) return { ...remembered, source: 'measured' };
    if (remembered && !fresh && (known.mode === 'full' || mode === 'quick')) return remembered;
    const times = performance.now() >= this.limit ? undefined : await measure();
    if (times) {
      const finding: Finding = { variant: winner(preferred, times), times: Object.fromEntries(times), mode };
      this.memory.set(key, finding);
      this.measured.add(key);
      return { variant: finding.variant, times: finding.times, source: 'measured' };
    }
    return remembered ?? { variant: preferred, times: {}, source: 'table' };
  }
}

function distinct<T extends { readonly decision: Decision }>(planned: readonly T[]): T[] {
  return [...new Map(planned.map((item) => [item.decision.key, item])).values()];
}

/** The distinct decisions where there is a choice. */
function open(decisions: readonly PlannedDecision[]): PlannedDecision[] {
  return distinct(decisions).filter(({ decision }) => decision.candidates().length > 1);
}

/** The variants of decisions as a choice for a plan, in their order; of those without an answer their own. */
function chosen(planned: readonly { readonly decision: Decision }[], variants: ReadonlyMap<string, string>): VariantChoice {
  const choice: Record<string, string[]> = {};
  for (const { decision } of planned) {
    const ofFamily = choice[decision.family] ?? [];
    choice[decision.family] = ofFamily;
    ofFamily.push(variants.get(decision.key) ?? decision.variant);
  }
  return choice;
}

/** The fastest variant, or the preferred one where that is as good. */
function winner(preferred: string, times: ReadonlyMap<string, number>): string {
  const [fastest] = [...times].sort(([, a], [, b]) => a - b);
  const own = times.get(preferred);
  return fastest && (own === undefined || fastest[1] < MARGIN * own) ? fastest[0] : preferred;
}
