import { modelHash } from '../../model/hash.ts';
import type { Fitness } from '../fitness.ts';
import { type History, REDUCTION } from '../strategy.ts';
import type { Trial, TrialRecord } from '../trial.ts';

/** Short trainings and promotions of a population before it is compared with others; `REDUCTION` times as many before the next time. */
const SHORT_RACE = 80;
/** The numbers of trials after which populations are compared, the largest first. */
const RUNGS = /* @__PURE__ */ Array.from({ length: 12 }, (_, rung) => SHORT_RACE * REDUCTION ** (11 - rung));

/** Networks that descend from the same founders. */
export interface Population extends History {
  readonly number: number;
  /** It was among the best of several populations before. */
  readonly proven: boolean;
}

/**
 * The populations that may be given the next trial, the first that has something to try. Where a search ends depends on which kind of
 * network it meets first, so several are kept apart from each other (islands), and raced as networks are (ASHA): one in so many of those that
 * had as many trials goes on, and where none is to go on, a new one is founded.
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
  return [
    ...running,
    ...chosen.map((population) => ({ ...population, proven: true })),
    { number: populations.length, records: [], pending: [], proven: false },
  ];
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
    const hash = modelHash(record.model);
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
