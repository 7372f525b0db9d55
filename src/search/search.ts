import { OptionError } from '../core/errors.ts';
import { checkSeed } from '../core/random.ts';
import { shown } from '../core/shown.ts';
import { Steps } from '../core/steps.ts';
import type { Dataset } from '../data/dataset.ts';
import { describeInput } from '../data/input-description.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { describe } from '../model/describe.ts';
import type { InputShape, Model } from '../model/types.ts';
import { bestOf } from './best.ts';
import { LEAST_SEEDS } from './bound.ts';
import { conclude } from './conclude.ts';
import type { Conclusion } from './conclusion.ts';
import { costsOf, excess, type Objective, objective } from './costs.ts';
import { finish, fullFront } from './finish.ts';
import { checkSearchOptions, type ProblemOptions, type SearchOptions } from './options.ts';
import { ReopeningGpu } from './reopening.ts';
import { MemoryStudy, runSearch } from './run.ts';
import { DEFAULT_SPACE, parseSpace } from './space/space.ts';
import { STRATEGIES, type StrategyName } from './strategies.ts';
import type { Problem, Strategy } from './strategy.ts';
import {
  checkTrialData,
  DEFAULT_RATES,
  DEFAULT_SETUP,
  GpuEvaluator,
  type TrainingSetup,
  type TrialData,
  trialContext,
} from './train.ts';
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

export function usualLag(workers: number): number {
  return workers === 1 ? 1 : 6 * workers;
}

/** A share of the full length, and of that again: what a network must do well at before it is trained for longer. */
const RUNGS = [9, 3, 1];

export function searchProblem(data: Pick<TrialData, 'train'>, options: ProblemOptions): Problem {
  checkSearchOptions(options);
  const { train } = data;
  const { floor, samples = 10 * train.size, seeds = LEAST_SEEDS, seed = 1, rates = DEFAULT_RATES, start, space } = options;
  const { inputShape, classes } = train;
  if (classes === undefined) throw new OptionError('A search needs a data set with classes');
  if (inputShape.length !== 3)
    throw new OptionError(`A search needs images, [height, width, channels]; ${train.name} has samples of [${inputShape}]`);
  if (typeof floor !== 'number' || !(floor > 0 && floor < 1))
    throw new OptionError(`search: floor must be between 0 and 1, such as 0.95 for 95%, got ${shown(floor)}`);
  if (!Number.isInteger(samples) || samples < 1)
    throw new OptionError(`search: samples must be a positive integer, got ${shown(samples)}`);
  if (!Number.isInteger(seeds) || seeds < LEAST_SEEDS || seeds > 100)
    throw new OptionError(`search: seeds must be an integer from ${LEAST_SEEDS} to 100, got ${shown(seeds)}`);
  checkSeed('search: seed', seed);
  if (rates.length === 0 || !rates.every((rate, index) => rate > (rates[index - 1] ?? 0) && Number.isFinite(rate)))
    throw new OptionError(`search: rates must be rising numbers above 0, got [${rates}]`);
  const small = objective(options.objective ?? 'parameters', options.limits);
  if (start) checkStart(start, train, small);
  return {
    input: inputShape as InputShape & readonly [number, number, number],
    classes,
    space: space === undefined ? DEFAULT_SPACE : parseSpace(space),
    objective: small,
    floor,
    rungs: [...new Set(RUNGS.map((share) => Math.max(1, Math.round(samples / share))))],
    rates,
    seeds: Array.from({ length: seeds }, (_, index) => index + 1),
    ...(start && { start }),
    seed,
  };
}

/** Throws an OptionError for a start that could not be trained on these data, or that no limit would let be kept. */
function checkStart(start: Model, { name, inputShape, classes }: Dataset, small: Objective): void {
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
  const above = excess(small, costsOf(start));
  if (above)
    throw new OptionError(`search: the start is above a limit: ${above}; begin with a smaller network, or raise the limit`);
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
  const { strategy: named = 'evolve', budget = {}, study = new MemoryStudy(), signal, onBegin, onTested } = options;
  const strategy = typeof named === 'string' ? strategyNamed(named) : named;
  const problem = searchProblem(data, options);
  const chosen = Object.entries(options.setup ?? {}).filter(([, value]) => value !== undefined);
  const setup: TrainingSetup = { ...DEFAULT_SETUP, ...Object.fromEntries(chosen) };
  checkTrialData(data, setup);
  await using device = new ReopeningGpu(gpu, options.reopen);
  const evaluators = options.evaluators ?? [await GpuEvaluator.create(device, data, setup)];
  const [evaluator] = evaluators;
  if (!evaluator) throw new OptionError('search: give at least one evaluator');
  const lag = options.lag ?? usualLag(evaluators.length);
  const input = await describeInput(data.train);
  const run = { problem, evaluators, study, input, context: await trialContext(data, setup), lag, onBegin, signal };
  for (const phase of ['search', 'finish'] as const) {
    if (phase === 'finish' && options.finish === false) break;
    const phased = phase === 'search' ? { strategy, budget } : { strategy: finish, budget: {}, append: true };
    for await (const record of runSearch({ ...run, ...phased })) {
      const [best, front] = [bestOf(problem, study.records), fullFront(problem, study.records)];
      yield { type: 'trial', record, best, front, phase };
    }
  }
  if (data.test) {
    const conclusion = await conclude(device, { problem, study, input, test: data.test, evaluator, onTested, signal });
    yield { type: 'conclusion', conclusion };
  }
}

export function strategyNamed(name: string): Strategy {
  const found = STRATEGIES[name as StrategyName];
  if (!Object.hasOwn(STRATEGIES, name) || !found)
    throw new OptionError(`search: there is no strategy '${name}'; there are ${Object.keys(STRATEGIES).join(', ')}`);
  return found;
}
