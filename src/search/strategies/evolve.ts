import type { Random } from '../../core/random.ts';
import type { Model } from '../../model/types.ts';
import { bestOf, score, targetAccuracy, unconfirmed } from '../best.ts';
import { costing } from '../costing.ts';
import { type Costs, excess } from '../costs.ts';
import { effort } from '../effort.ts';
import { Fitness } from '../fitness.ts';
import type { Recipe } from '../recipe.ts';
import { mutateRecipe, rateFactor } from '../recipe-choices.ts';
import { crossModels } from '../space/cross.ts';
import { drawUntried } from '../space/draw.ts';
import { mutateModel } from '../space/mutate.ts';
import { drawPattern } from '../space/patterns.ts';
import { sampleModel } from '../space/sample.ts';
import { simplest } from '../space/simplest.ts';
import {
  begun,
  fullLength,
  functionOf,
  type History,
  type Problem,
  type Proposal,
  randomAfter,
  reductionAfter,
  type Strategy,
  screeningSeeds,
} from '../strategy.ts';
import { type Known, Surrogate } from '../surrogate.ts';
import { atBestRate, candidateOf, knownAccuracy, type TrialRecord } from '../trial.ts';
import { lengthen } from './lengthen.ts';
import { members, nextPopulations, type Population } from './populations.ts';

/** Networks of a population that are drawn, or changed from the start, before the best are changed further. */
const FOUNDERS = 18;
/** A founder is drawn of a known pattern with this probability, where the space has any, else of dice. */
const PATTERNED = 0.7;
/** Networks of which the fittest is a parent: few, so that not all descend from one soon. */
const TOURNAMENT = 3;
/** A child has the first layers of one parent and the last of another with this probability. */
const CROSSING = 0.25;
/** Children that are made for each that is trained. */
const CHILDREN = 12;
/** A child is changed once more with this probability, and again. */
const AGAIN = 0.35;
/** A child is trained at every learning rate with this probability, else at its parent's best. */
const NEW_RATE = 0.25;
/** A change is one of the recipe with this probability, where recipes are searched, else of the network. */
const RECIPE = 0.15;
/** A network is confirmed where its cost is below this share of the best one's, and its accuracy leaves room for chance; ... */
const WORTH = 0.85;
/** ... or, where the last so many trials confirmed none, where it is smaller, and reaches the floor. */
const PATIENCE = 25;
/** How often the child that promises most is taken; else any of the third that trains fastest. */
const TRUST = 0.75;
/** How much a child counts as larger for each time that its training takes e times as long. */
const EFFORT = 0.2;
const ATTEMPTS = 10;

/**
 * Changes and crosses of the fittest networks of several populations, each trained shortly from one seed at first, then longer where it
 * is among the best of its rung (ASHA), and from all seeds once a full training reaches the floor. Which child is trained is
 * decided by what it costs, which needs no training, and by a guess at its accuracy from networks that are like it.
 */
export const evolve: Strategy = {
  name: 'evolve',
  choosesRecipes: true,
  handsDownShare: true,
  handsDown: (problem) => shareHandedDown(problem) > 0,
  propose(problem, history): Proposal | undefined {
    const { records } = history;
    const best = bestOf(problem, records);
    const held = best ? score(problem, best) : Number.POSITIVE_INFINITY;
    const [promising] = unconfirmed(problem, records, targetAccuracy(problem, records));
    const limit = Math.min(held, promising ? score(problem, promising) : held);
    const fitness = new Fitness(problem, records);
    const confirmed = confirm(problem, history, held);
    if (confirmed) return confirmed;
    const longer = lengthen(problem, history, limit);
    if (longer) return longer;
    for (const population of nextPopulations(history, fitness)) {
      const proposal = promote(problem, population, fitness, limit) ?? proposeChild(problem, history, population, fitness, limit);
      if (proposal) return proposal;
    }
    return proposeDrawn(problem, history, limit);
  },
};

/** Of the children; where their first training is of full length, it has to be from nothing. */
function shareHandedDown({ inheriting = 0, rungs }: Problem): number {
  return rungs.length > 1 ? inheriting : 0;
}

/** Where the populations have no child that is new and smaller than what holds the floor, whatever else the space holds of that kind. */
function proposeDrawn(problem: Problem, history: History, limit: number): Proposal | undefined {
  const model = drawUntried(problem, history, limit);
  const origin = { strategy: 'evolve', change: 'drawn, where the populations had no child left', family: 0 };
  const samples = problem.rungs[0] ?? fullLength(problem);
  return model && { model, samples, seeds: screeningSeeds(problem), rates: problem.rates, origin };
}

/**
 * The smallest network that seems to hold the floor, from all seeds: where it is smaller by a good deal than the one that is known to
 * hold it, or where long enough none was asked; a smaller one still may come before that, and makes it needless.
 */
function confirm(problem: Problem, { records, pending }: History, held: number): Proposal | undefined {
  const all = [...records, ...pending];
  const asked = new Set(pending.filter(({ seeds }) => seeds.length > 1).map(candidateOf));
  const since = all.length - all.reduce((last, { seeds }, index) => (seeds.length > 1 ? index : last), 0);
  const patient = since <= PATIENCE;
  // The first that reaches the floor is seldom small; long before it could be confirmed, smaller ones are found.
  if (patient && held === Number.POSITIVE_INFINITY) return undefined;
  const worth = patient ? WORTH * held : held;
  const candidate = unconfirmed(problem, records, patient ? targetAccuracy(problem, records) : problem.floor).find(
    (record) => score(problem, record) < worth && !asked.has(candidateOf(record)),
  );
  if (!candidate) return undefined;
  const { family } = candidate.origin;
  const origin = { strategy: 'evolve', parent: candidate.key, change: 'confirmed from all seeds', family };
  const { model, recipe } = candidate;
  const samples = Math.max(candidate.samples, fullLength(problem));
  return { model, samples, seeds: problem.seeds, rates: bestRates(candidate), ...(recipe && { recipe }), origin };
}

function bestRates(record: TrialRecord): readonly number[] {
  return [atBestRate(record)?.rate ?? Number.NaN];
}

/** A network among the best of a rung that was not yet trained for the next one; long trainings first. */
function promote(problem: Problem, population: Population, fitness: Fitness, limit: number): Proposal | undefined {
  const { records, pending, number } = population;
  const single = records.filter(({ seeds }) => seeds.length === 1);
  const all = [...single, ...pending.filter(({ seeds }) => seeds.length === 1)];
  for (let level = problem.rungs.length - 2; level >= 0; level--) {
    const [own, next] = [problem.rungs[level], problem.rungs[level + 1]];
    if (own === undefined || next === undefined) continue;
    const went = new Set(all.filter(({ samples }) => samples >= next).map(candidateOf));
    const here = single
      .filter((record) => record.samples === own && record.outcome.status === 'trained')
      .sort((a, b) => fitness.of(a) - fitness.of(b));
    // Each kind among its like: with weights of another network a short training comes to more.
    const kinds = [here.filter(({ inherits }) => !inherits), here.filter(({ inherits }) => inherits)];
    const chosen = kinds
      .flatMap((kind) => kind.slice(0, Math.floor(kind.length / reductionAfter(problem, own))))
      .find((record) => score(problem, record) < limit && !went.has(candidateOf(record)) && !fitness.isHopeless(record));
    if (chosen) {
      const origin = { strategy: 'evolve', parent: chosen.key, change: `trained for ${next} samples`, family: number };
      const { model, recipe } = chosen;
      const rates = bestRates(chosen);
      return { model, samples: next, seeds: screeningSeeds(problem), rates, ...(recipe && { recipe }), origin };
    }
  }
  return undefined;
}

interface Child {
  readonly model: Model;
  readonly costs: Costs;
  readonly rates: readonly number[];
  readonly recipe?: Recipe;
  readonly inherits?: Proposal['inherits'];
  readonly origin: Proposal['origin'];
}

/** A network for a population that was not tried yet, in this or in another one. */
function proposeChild(
  problem: Problem,
  history: History,
  population: Population,
  fitness: Fitness,
  limit: number,
): Proposal | undefined {
  const { records } = history;
  const random = randomAfter(problem, history);
  const tried = begun(history);
  const short = problem.rungs[0] ?? fullLength(problem);
  const parents = members(population.records, fitness);
  // What a population has found is its own until it has shown what it is worth: else all would soon be one.
  const mates = population.proven ? members(records, fitness) : parents;
  const costs = costing(problem, history);
  const children = new Map<string, Child>();
  for (let attempt = 0; attempt < CHILDREN * ATTEMPTS && children.size < CHILDREN; attempt++) {
    const parented = makeChild(problem, attempt === 0 && tried.size === 0, { parents, mates, fitness }, random);
    if (!parented) continue;
    const child = { ...parented, costs: costs(parented.model, parented.recipe) };
    // Late in a search most children are too large: what they compute, which takes long to tell, is not asked of those.
    if (excess(problem.objective, child.costs)) continue;
    const computed = score(problem, child) < limit ? functionOf(child) : undefined;
    if (computed !== undefined && !tried.has(computed)) children.set(computed, child);
    // Nothing comes before the start.
    if (child.model === problem.start) break;
  }
  const chosen = fittest([...children.values()], records, fitness, short, random);
  if (!chosen) return undefined;
  const { costs: _, origin, ...rest } = chosen;
  return { ...rest, samples: short, seeds: screeningSeeds(problem), origin: { ...origin, family: population.number } };
}

interface MatingPool {
  readonly parents: readonly TrialRecord[];
  readonly mates: readonly TrialRecord[];
  readonly fitness: Fitness;
}

function makeChild(
  problem: Problem,
  first: boolean,
  { parents, mates, fitness }: MatingPool,
  random: Random,
): Omit<Child, 'costs'> | undefined {
  const { start, space, input, classes, rates, recipes } = problem;
  const parent = parents.length >= FOUNDERS ? tournament(parents, fitness, random) : undefined;
  if (!parent && !start) {
    const known = space.patterns !== undefined && random.uniform() < PATTERNED ? drawPattern(space, problem, random) : undefined;
    const drawn = simplest(known ?? sampleModel(space, input, classes, random));
    return { model: drawn, rates, origin: { strategy: 'evolve', change: known ? 'drawn of a known pattern' : 'drawn' } };
  }
  if (first && start) return { model: start, rates, origin: { strategy: 'evolve', change: 'the start' } };
  const mate = parent && random.uniform() < CROSSING ? tournament(mates, fitness, random) : undefined;
  const crossed = parent && mate && crossModels(parent.model, mate.model, space, random);
  let { recipe }: Pick<TrialRecord, 'recipe'> = parent ?? {};
  const changes = crossed ? [`crossed with ${mate.key}`] : [];
  let model = crossed ? simplest(crossed) : (parent?.model ?? start);
  while (model && (changes.length === 0 || random.uniform() < AGAIN)) {
    const another = recipes && random.uniform() < RECIPE ? mutateRecipe(recipe, recipes, random) : undefined;
    if (another) {
      recipe = another.recipe;
      changes.push(another.change);
      continue;
    }
    const mutant = mutateModel(model, space, random);
    model = mutant && simplest(mutant.model);
    if (mutant) changes.push(mutant.change);
  }
  if (!model) return undefined;
  // Another optimizer asks for other rates.
  const factor = recipes ? rateFactor(recipes, recipe) : 1;
  const same = !recipes || rateFactor(recipes, parent?.recipe) === factor;
  const inherited = parent && random.uniform() >= NEW_RATE && same ? bestRates(parent) : rates.map((rate) => rate * factor);
  const origin = { strategy: 'evolve', ...(parent && { parent: parent.key }), change: changes.join('; ') };
  const [replica] = (parent && atBestRate(parent)?.replicas) ?? [];
  const share = shareHandedDown(problem);
  const handsDown = share > 0 && random.uniform() < share;
  const inherits = handsDown && parent && replica !== undefined ? { key: parent.key, replica } : undefined;
  return { model, rates: inherited, ...(recipe && { recipe }), ...(inherits && { inherits }), origin };
}

function tournament(parents: readonly TrialRecord[], fitness: Fitness, random: Random): TrialRecord | undefined {
  return Array.from({ length: TOURNAMENT }, () => parents[random.below(parents.length)]).reduce((best, record) =>
    best && record && fitness.of(best) <= fitness.of(record) ? best : record,
  );
}

/** The child that promises most, or, now and then, any. What takes long to train must promise more: the time is better spent on several others. */
function fittest(
  children: readonly Child[],
  records: readonly TrialRecord[],
  fitness: Fitness,
  samples: number,
  random: Random,
): Child | undefined {
  const cheap = [...children].sort((a, b) => effort(a.costs) - effort(b.costs)).slice(0, Math.ceil(children.length / 3));
  const any = cheap[random.below(Math.max(1, cheap.length))];
  const fromNothing = ({ inherits }: TrialRecord, accuracy: number) =>
    inherits ? fitness.asFromNothing(samples, accuracy) : accuracy;
  const known = records.flatMap((record): Known[] => {
    const reached = knownAccuracy(record);
    return reached === undefined || record.samples !== samples
      ? []
      : [{ ...record, accuracy: fromNothing(record, reached.accuracy) }];
  });
  if (known.length < FOUNDERS || random.uniform() >= TRUST) return any;
  const surrogate = new Surrogate(known);
  const promised = children.map((child) => ({
    child,
    promise: fitness.at(child, samples, surrogate.accuracyOf(child)) + EFFORT * Math.log(effort(child.costs)),
  }));
  const [first] = promised.sort((a, b) => a.promise - b.promise);
  return first?.child;
}
