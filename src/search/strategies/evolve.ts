import type { Random } from '../../core/random.ts';
import { modelHash } from '../../model/hash.ts';
import type { Model } from '../../model/types.ts';
import { bestOf, score, unconfirmed } from '../best.ts';
import { type Costs, costsOf, excess } from '../costs.ts';
import { Merit } from '../merit.ts';
import { mutateModel } from '../mutate.ts';
import { sampleModel } from '../sample.ts';
import { fullLength, type Problem, type Proposal, randomAfter, type Strategy } from '../strategy.ts';
import { guess, type Known } from '../surrogate.ts';
import { meanAccuracy, type TrialRecord } from '../trial.ts';

/** Of the networks of a rung, one in so many goes on to the next: Li et al., "A System for Massively Parallel Hyperparameter Tuning" (ASHA), 2020. */
const REDUCTION = 3;
/** Networks that are drawn, or changed from the start, before the best are changed further. */
const FOUNDERS = 9;
/** Networks of which the fittest to be is a parent. */
const TOURNAMENT = 3;
/** Children that are made for each that is trained. */
const BROOD = 12;
/** A child is changed once more with this probability, and again. */
const AGAIN = 0.35;
/** How often the child that promises most is taken; else any. */
const TRUST = 0.75;
const ATTEMPTS = 10;

/**
 * Changes of the fittest networks, each trained shortly from one seed at first, then longer where it is among the best third of its
 * rung (ASHA), and from all seeds once a full training reaches the floor. Which child is trained is decided by what it costs, which
 * needs no training, and by a guess at its accuracy from those that cost about as much.
 */
export const evolve: Strategy = {
  name: 'evolve',
  propose(problem, records): Proposal | undefined {
    const best = bestOf(problem, records);
    const limit = best ? score(problem, best) : Number.POSITIVE_INFINITY;
    const merit = new Merit(problem, records);
    return confirm(problem, records, limit) ?? promote(problem, records, merit, limit) ?? invent(problem, records, merit, limit);
  },
};

/** The smallest network that seems to hold the floor, from all seeds. */
function confirm(problem: Problem, records: readonly TrialRecord[], limit: number): Proposal | undefined {
  const candidate = unconfirmed(problem, records).find((record) => score(problem, record) < limit);
  if (!candidate) return undefined;
  const origin = { strategy: 'evolve', parent: candidate.key, change: 'confirmed from all seeds' };
  return { model: candidate.model, samples: fullLength(problem), seeds: problem.seeds, origin };
}

/** A network among the best of a rung that was not yet trained for the next one; long trainings first. */
function promote(problem: Problem, records: readonly TrialRecord[], merit: Merit, limit: number): Proposal | undefined {
  const single = records.filter(({ seeds }) => seeds.length === 1);
  for (let level = problem.rungs.length - 2; level >= 0; level--) {
    const [own, next] = [problem.rungs[level], problem.rungs[level + 1]];
    if (own === undefined || next === undefined) continue;
    const went = new Set(single.filter(({ samples }) => samples === next).map(({ model }) => modelHash(model)));
    const here = single
      .filter((record) => record.samples === own && record.outcome.status === 'trained')
      .sort((a, b) => merit.of(a) - merit.of(b));
    const chosen = here
      .slice(0, Math.floor(here.length / REDUCTION))
      .find((record) => score(problem, record) < limit && !went.has(modelHash(record.model)));
    if (chosen) {
      const origin = { strategy: 'evolve', parent: chosen.key, change: `trained for ${next} samples` };
      return { model: chosen.model, samples: next, seeds: problem.seeds.slice(0, 1), origin };
    }
  }
  return undefined;
}

interface Child {
  readonly model: Model;
  readonly costs: Costs;
  readonly origin: Proposal['origin'];
}

/** A network that was not tried yet. */
function invent(problem: Problem, records: readonly TrialRecord[], merit: Merit, limit: number): Proposal | undefined {
  const random = randomAfter(problem, records);
  const tried = new Set(records.map(({ model }) => modelHash(model)));
  const short = problem.rungs[0] ?? fullLength(problem);
  const grown = records.filter((record) => Number.isFinite(merit.of(record)));
  const brood = new Map<string, Child>();
  for (let attempt = 0; attempt < BROOD * ATTEMPTS && brood.size < BROOD; attempt++) {
    const child = born(problem, grown, merit, random);
    if (!child || tried.has(modelHash(child.model)) || excess(problem.objective, child.costs)) continue;
    if (score(problem, child) < limit) brood.set(modelHash(child.model), child);
  }
  const chosen = fittest([...brood.values()], records, merit, short, random);
  return chosen && { model: chosen.model, samples: short, seeds: problem.seeds.slice(0, 1), origin: chosen.origin };
}

function born(problem: Problem, grown: readonly TrialRecord[], merit: Merit, random: Random): Child | undefined {
  const { start, space, input, classes } = problem;
  const parent = grown.length >= FOUNDERS ? tournament(grown, merit, random) : undefined;
  if (!parent && !start) {
    const drawn = sampleModel(space, input, classes, random);
    return { model: drawn, costs: costsOf(drawn), origin: { strategy: 'evolve', change: 'drawn' } };
  }
  if (!parent && start && grown.length === 0)
    return { model: start, costs: costsOf(start), origin: { strategy: 'evolve', change: 'the start' } };
  let model = parent?.model ?? start;
  const changes: string[] = [];
  do {
    const mutant = model && mutateModel(model, space, random);
    if (!mutant) return undefined;
    model = mutant.model;
    changes.push(mutant.change);
  } while (random.uniform() < AGAIN);
  const origin = { strategy: 'evolve', ...(parent && { parent: parent.key }), change: changes.join('; ') };
  return { model, costs: costsOf(model), origin };
}

function tournament(grown: readonly TrialRecord[], merit: Merit, random: Random): TrialRecord | undefined {
  return Array.from({ length: TOURNAMENT }, () => grown[random.below(grown.length)]).reduce((best, record) =>
    best && record && merit.of(best) <= merit.of(record) ? best : record,
  );
}

/** The child that promises most, or, now and then, any. */
function fittest(
  brood: readonly Child[],
  records: readonly TrialRecord[],
  merit: Merit,
  samples: number,
  random: Random,
): Child | undefined {
  const any = brood[random.below(Math.max(1, brood.length))];
  const known = records.flatMap((record): Known[] => {
    const accuracy = meanAccuracy(record);
    return accuracy === undefined || record.samples !== samples
      ? []
      : [{ costs: record.costs, depth: record.model.layers.length, accuracy }];
  });
  if (known.length < FOUNDERS || random.uniform() >= TRUST) return any;
  const promise = (child: Child) => merit.at(child, samples, guess(child.costs, child.model.layers.length, known) ?? 0);
  return brood.reduce<Child | undefined>((best, child) => (best && promise(best) <= promise(child) ? best : child), undefined);
}
