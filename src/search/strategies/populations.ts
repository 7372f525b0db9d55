import type { Fitness } from '../fitness.ts';
import { type History, REDUCTION } from '../strategy.ts';
import { candidateOf, type Trial, type TrialRecord } from '../trial.ts';

/** Short trainings and promotions of a population before it is compared with others; `REDUCTION` times as many before the next time. */
const SHORT_RACE = 80;
/** The numbers of trials after which populations are compared, the largest first. */
const RUNGS = /* @__PURE__ */ Array.from({ length: 12 }, (_, rung) => SHORT_RACE * REDUCTION ** (11 - rung));

/** A population must be bred for so many races after it was compared, that its founding was worth while. */
const RACES_AFTER = 2;

/** Networks that descend from the same founders. */
export interface Population extends History {
  readonly number: number;
  /** It was among the best of several populations before. */
  readonly proven: boolean;
}

/**
 * The populations that may be given the next trial, the first that has something to try. Where a search ends depends on which kind of
 * network it meets first, so several are kept apart from each other (islands), and raced as networks are (ASHA): one in so many of those that
 * had as many trials goes on, and where none is to go on, a new one is founded: where the budget still allows so many trials that all
 * that it is compared with can be, and the best bred on. Else the best go on.
 */
export function nextPopulations(history: History, fitness: Fitness): Population[] {
  const populations = populationsOf(history);
  const running = populations.filter(({ trials }) => !RUNGS.includes(trials)).sort((a, b) => b.trials - a.trials);
  const best = new Map(populations.map((population) => [population, fittest(population, fitness)]));
  const order = [...populations].sort((a, b) => (best.get(a) ?? 0) - (best.get(b) ?? 0));
  const chosen = RUNGS.flatMap((rung) => {
    const here = order.filter(({ trials }) => trials >= rung);
    return here.slice(0, Math.floor(here.length / REDUCTION)).filter(({ trials }) => trials === rung);
  });
  const proven = (some: readonly Counted[]) => some.map((population) => ({ ...population, proven: true }));
  const others = mayFound(history, populations)
    ? [{ number: populations.length, records: [], pending: [], proven: false }]
    : proven(order.filter((population) => !running.includes(population) && !chosen.includes(population)));
  return [...running, ...proven(chosen), ...others];
}

/** Whether the budget, as far as it has brought the search until now, still allows the trials that a new population needs. */
function mayFound({ records, pending, left }: History, populations: readonly Counted[]): boolean {
  if (populations.length === 0 || left === undefined) return true;
  const trials = ((records.length + pending.length) * left) / Math.max(1e-9, 1 - left);
  const missing = REDUCTION - (populations.length % REDUCTION);
  return trials >= (missing + RACES_AFTER) * SHORT_RACE;
}

interface Counted extends Population {
  readonly trials: number;
}

/** In the order in which they were founded. Trials that confirm a network are of its population, and are not counted. */
function populationsOf({ records, pending }: History): Counted[] {
  const populations: { number: number; records: TrialRecord[]; pending: Trial[]; proven: boolean; trials: number }[] = [];
  const of = ({ origin }: Trial) => {
    const number = origin.family ?? 0;
    while (populations.length <= number)
      populations.push({ number: populations.length, records: [], pending: [], proven: false, trials: 0 });
    return populations[number];
  };
  const count = ({ seeds }: Trial) => (seeds.length === 1 ? 1 : 0);
  for (const record of records) {
    const population = of(record);
    population?.records.push(record);
    if (population) population.trials += count(record);
  }
  for (const trial of pending) {
    const population = of(trial);
    population?.pending.push(trial);
    if (population) population.trials += count(trial);
  }
  return populations.map((population) => ({ ...population, proven: population.trials > SHORT_RACE }));
}

/** The networks that were trained, the fittest first, each by its longest training, from most seeds: a lucky short one tells less. */
export function members(records: readonly TrialRecord[], fitness: Fitness): TrialRecord[] {
  const known = new Map<string, TrialRecord>();
  for (const record of records) {
    const hash = candidateOf(record);
    const before = known.get(hash);
    if (!before || weight(record) >= weight(before)) known.set(hash, record);
  }
  return [...known.values()]
    .filter((record) => Number.isFinite(fitness.of(record)))
    .sort((a, b) => fitness.of(a) - fitness.of(b));
}

function weight({ samples, seeds }: TrialRecord): number {
  return samples * seeds.length;
}

function fittest({ records }: History, fitness: Fitness): number {
  const [best] = members(records, fitness);
  return best ? fitness.of(best) : Number.POSITIVE_INFINITY;
}
