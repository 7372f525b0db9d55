import { OptionError } from '../core/errors.ts';
import { checkSeed } from '../core/random.ts';
import { shown } from '../core/shown.ts';
import { Steps } from '../core/steps.ts';
import type { Dataset } from '../data/dataset.ts';
import { describeInput } from '../data/input-description.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { describe } from '../model/describe.ts';
import type { InputShape, Model } from '../model/types.ts';
import { checkWeights, type Weights } from '../model/weights.ts';
import { endsWithLengths } from '../train/usual-loss.ts';
import { bestOf } from './best.ts';
import { LEAST_SEEDS } from './bound.ts';
import { BudgetClock } from './budget.ts';
import { conclude } from './conclude.ts';
import type { Conclusion } from './conclusion.ts';
import { costsOf, excess, type Objective, objective } from './costs.ts';
import { finishIn, fullFront, msForFinish } from './finish.ts';
import { startKey } from './inherit/initial.ts';
import { trialsAtOnce, usualLag } from './lag.ts';
import type { Leaving } from './leaving.ts';
import { checkSearchOptions, type ProblemOptions, type SearchOptions } from './options.ts';
import { Pace } from './pace.ts';
import type { TrainingSetup } from './recipe.ts';
import { checkChoices, parseChoices, type RecipeChoices, usualChoices } from './recipe-choices.ts';
import { ReopeningGpu } from './reopening.ts';
import { MemoryStudy, runSearch } from './run.ts';
import { DEFAULT_SPACE, parseSpace } from './space/space.ts';
import { STRATEGIES, type StrategyName } from './strategies.ts';
import { fullLength, type Problem, type Strategy } from './strategy.ts';
import { checkTrialData, DEFAULT_RATES, DEFAULT_SETUP, GpuEvaluator, type TrialData, trialContext } from './train.ts';
import type { TrialRecord } from './trial.ts';

/** What a search tells as it goes. */
export type SearchStep =
  | {
      readonly type: 'trial';
      readonly record: TrialRecord;
      /** The smallest network so far that holds the floor. */
      readonly best?: TrialRecord;
      /** The front of size against accuracy so far, of trials of full length. */
      readonly front: readonly TrialRecord[];
      readonly phase: 'search' | 'finish';
    }
  /** The end: what the test set says of the networks of the front. */
  | { readonly type: 'conclusion'; readonly conclusion: Conclusion };

/**
 * Parts of the full length that a network must do well at before it is trained for longer, chosen on learning curves that were made up
 * after those of MNIST: bench/notes/search.md.
 */
const RUNGS = [60, 15, 4, 1];
/** A shorter training takes less time than its network takes to be compiled, and tells little: bench/notes/search.md. */
const SHORTEST = 5000;

function usualRungs(samples: number): number[] {
  const rungs = RUNGS.map((part) => Math.round(samples / part)).filter((rung) => rung >= SHORTEST);
  return [...new Set([...rungs, samples])];
}

/** Throws an OptionError for rungs that are none, or whose last is not the full length that was given. */
function checkRungs(rungs: readonly number[], samples: number | undefined): void {
  const rise = rungs.every((rung, index) => Number.isSafeInteger(rung) && rung > (rungs[index - 1] ?? 0));
  if (rungs.length === 0 || !rise) throw new OptionError(`search: rungs must be rising positive integers, got [${rungs}]`);
  if (samples !== undefined && samples !== rungs.at(-1))
    throw new OptionError(`search: the last of the rungs is the full length: got samples ${samples} and rungs [${rungs}]`);
}

export function searchProblem(data: Pick<TrialData, 'train'>, options: ProblemOptions): Problem {
  checkSearchOptions(options);
  const { train } = data;
  const { floor, seeds = LEAST_SEEDS, seed = 1, rates = DEFAULT_RATES, start, startWeights, inheriting, space } = options;
  const { samples = options.rungs?.at(-1) ?? 10 * train.size } = options;
  const { inputShape, classes } = train;
  if (classes === undefined) throw new OptionError('A search needs a data set with classes');
  if (inputShape.length !== 3)
    throw new OptionError(`A search needs images, [height, width, channels]; ${train.name} has samples of [${inputShape}]`);
  if (typeof floor !== 'number' || !(floor > 0 && floor < 1))
    throw new OptionError(`search: floor must be between 0 and 1, such as 0.95 for 95%, got ${shown(floor)}`);
  if (!Number.isInteger(samples) || samples < 1)
    throw new OptionError(`search: samples must be a positive integer, got ${shown(samples)}`);
  if (options.rungs) checkRungs(options.rungs, options.samples);
  if (inheriting !== undefined && (typeof inheriting !== 'number' || !(inheriting >= 0 && inheriting <= 1)))
    throw new OptionError(`search: inheriting must be a share from 0 to 1, got ${shown(inheriting)}`);
  if (!Number.isInteger(seeds) || seeds < LEAST_SEEDS || seeds > 100)
    throw new OptionError(`search: seeds must be an integer from ${LEAST_SEEDS} to 100, got ${shown(seeds)}`);
  checkSeed('search: seed', seed);
  if (rates.length === 0 || !rates.every((rate, index) => rate > (rates[index - 1] ?? 0) && Number.isFinite(rate)))
    throw new OptionError(`search: rates must be rising numbers above 0, got [${rates}]`);
  const small = objective(options.objective ?? 'parameters', options.limits);
  // What takes away from its start may bring it below the limits.
  const allowed = strategyOf(options).needsStart ? undefined : small;
  if (start) checkStart(start, train, allowed, startWeights, options.setup?.leaves);
  else if (startWeights) throw new OptionError('search: startWeights are those of a start, and there is none; give start too');
  const recipes = recipesOf(train, options);
  const { leaves } = options.setup ?? {};
  return {
    input: inputShape as InputShape & readonly [number, number, number],
    classes,
    space: space === undefined ? DEFAULT_SPACE : parseSpace(space),
    objective: small,
    floor,
    rungs: options.rungs ?? usualRungs(samples),
    rates,
    seeds: Array.from({ length: seeds }, (_, index) => index + 1),
    ...(recipes && { recipes }),
    ...(start && { start }),
    ...(leaves && { leaves }),
    ...(inheriting !== undefined && { inheriting }),
    ...(startWeights && { startWeights: startKey(startWeights) }),
    seed,
  };
}

/** Every choice of a set-up made. */
export function wholeSetup(given: Partial<TrainingSetup> = {}): TrainingSetup {
  const chosen = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_SETUP, ...Object.fromEntries(chosen) };
}

function recipesOf(train: Dataset, { recipe = 'searched', setup = {} }: ProblemOptions): RecipeChoices | undefined {
  if (recipe === 'fixed') return undefined;
  if (recipe !== 'searched') {
    const choices = parseChoices(recipe);
    checkChoices(choices, wholeSetup(setup), train);
    return choices;
  }
  const fixed = Object.entries(setup).flatMap(([part, value]) => (value === undefined ? [] : [part]));
  return usualChoices(train, wholeSetup(setup), fixed);
}

/** Throws an OptionError for a start that could not be trained on these data, or that the limits of `allowed` would not let be kept. */
function checkStart(
  start: Model,
  { name, inputShape, classes }: Dataset,
  allowed: Objective | undefined,
  weights: Weights | undefined,
  leaves: Leaving | undefined,
): void {
  if (weights) checkWeights(start, weights);
  if (start.input.join() !== inputShape.join())
    throw new OptionError(`search: the start takes samples of [${start.input}], ${name} has [${inputShape}]`);
  const output = describe(start).layers.at(-1)?.outputShape ?? start.input;
  if (output.join() !== `${classes}`)
    throw new OptionError(
      `search: the start makes [${output}] of a sample, and ${name} has ${classes} classes; it must make [${classes}]`,
    );
  const last = start.layers.at(-1);
  if (last && 'activation' in last && last.activation === 'softmax')
    throw new OptionError('search: the start ends with a softmax, which the loss contains; leave it out');
  if (endsWithLengths(start))
    throw new OptionError(
      'search: the start ends with capsuleLength, which the loss margin trains, and a search trains by softmaxCrossEntropy; end with flatten() and dense()',
    );
  const above = allowed && excess(allowed, costsOf(start, leaves));
  if (above)
    throw new OptionError(
      `search: the start is above a limit: ${above}; begin with a smaller network, raise the limit, or take from it, strategy: 'pare'`,
    );
}

export function search(
  gpu: Gpu,
  data: TrialData & { readonly test?: Dataset },
  options: SearchOptions,
): AsyncGenerator<SearchStep, void, undefined> {
  checkSearchOptions(options);
  return new Steps(searching(gpu, data, options), 'const step of search(...)');
}

async function* searching(
  gpu: Gpu,
  data: TrialData & { readonly test?: Dataset },
  options: SearchOptions,
): AsyncGenerator<SearchStep, void, undefined> {
  const { budget = {}, study = new MemoryStudy(), drain, signal, onBegin, onTested } = options;
  const strategy = strategyOf(options);
  if (options.recipe !== undefined && options.recipe !== 'fixed' && !strategy.choosesRecipes)
    throw new OptionError(
      `search: strategy '${strategy.name}' trains every network as the set-up says; leave recipe out, or take 'evolve'`,
    );
  const { recipe = strategy.choosesRecipes ? 'searched' : 'fixed' } = options;
  const problem = searchProblem(data, { ...options, recipe });
  if (problem.inheriting && !strategy.handsDownShare)
    throw new OptionError(
      `search: inheriting is for the children of evolve, and strategy is '${strategy.name}'; leave one of the two out`,
    );
  if (!strategy.needsStart && options.startWeights)
    throw new OptionError(
      `search: strategy '${strategy.name}' trains its start from nothing; leave startWeights out, or take 'pare'`,
    );
  if (strategy.needsStart && !problem.start)
    throw new OptionError(
      `search: strategy '${strategy.name}' takes away from a network; give it one, start: zoo['dhingra/optimized']`,
    );
  const setup = wholeSetup(options.setup);
  checkTrialData(data, setup);
  await using device = new ReopeningGpu(gpu, options.reopen);
  const evaluators = options.evaluators ?? [await GpuEvaluator.create(device, data, setup)];
  const [evaluator] = evaluators;
  if (!evaluator) throw new OptionError('search: give at least one evaluator');
  const lag = options.lag ?? usualLag(evaluators.length, strategy);
  const input = await describeInput(data.train);
  const { start, startWeights } = options;
  const begun = start && startWeights && { model: start, weights: startWeights };
  const clock = new BudgetClock(budget, study.records, evaluators.length, fullLength(problem));
  const run = {
    problem,
    evaluators,
    study,
    input,
    context: await trialContext(data, setup),
    confirmation: data.confirmation !== undefined,
    clock,
    onBegin,
    drain,
    signal,
    start: begun,
  };
  const ending = { ms: 60_000 * (budget.minutes ?? 0), atOnce: trialsAtOnce(lag) };
  const reserveMs = (records: readonly TrialRecord[], pace: Pace) =>
    options.finish === false ? 0 : msForFinish(problem, records, pace, ending);
  const timeOf = (records: readonly TrialRecord[]) =>
    clock.isLimited ? { msLeft: clock.msLeft, pace: new Pace(records) } : undefined;
  const phases = [
    { phase: 'search', strategy, budget, lag, reserveMs, onExhausted: options.onExhausted },
    // All others have ended: it need not wait for more than those of its own that run.
    { phase: 'finish', strategy: finishIn(timeOf), budget: { minutes: budget.minutes }, lag: trialsAtOnce(lag), append: true },
  ] as const;
  for (const { phase, ...phased } of phases) {
    if (phase === 'finish' && options.finish === false) break;
    for await (const record of runSearch({ ...run, ...phased })) {
      const [best, front] = [bestOf(problem, study.records), fullFront(problem, study.records)];
      yield { type: 'trial', record, best, front, phase };
    }
    if (drain?.aborted) return;
  }
  if (data.test) {
    const conclusion = await conclude(device, { ...run, test: data.test, evaluator, onTested });
    yield { type: 'conclusion', conclusion };
  }
}

function strategyOf({ strategy = 'evolve' }: ProblemOptions): Strategy {
  return typeof strategy === 'string' ? strategyNamed(strategy) : strategy;
}

export function strategyNamed(name: string): Strategy {
  const found = STRATEGIES[name as StrategyName];
  if (!Object.hasOwn(STRATEGIES, name) || !found)
    throw new OptionError(`search: there is no strategy '${name}'; there are ${Object.keys(STRATEGIES).join(', ')}`);
  return found;
}
