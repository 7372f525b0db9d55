import { ANY, has, isRecord, type Kind, listOf, NUMBER, RECORD, TEXT } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { optimizerTypes } from '../train/optimizers/registry.ts';
import type { Budget } from './budget.ts';
import { COST_NAMES, type CostName, type Objective } from './costs.ts';
import type { TrainingSetup } from './recipe.ts';
import type { RecipeChoices } from './recipe-choices.ts';
import type { Evaluator, Study } from './run.ts';
import type { Space } from './space/space.ts';
import type { StrategyName } from './strategies.ts';
import type { Strategy } from './strategy.ts';
import type { Trial } from './trial.ts';

/** What is searched for. */
export interface ProblemOptions {
  /** The validation accuracy that has to be held, between 0 and 1. */
  readonly floor: number;
  /** What is made small: one cost, or a mix as weights by name ['parameters']. */
  readonly objective?: CostName | Objective['weights'];
  /** What the costs may not exceed. */
  readonly limits?: Objective['limits'];
  readonly space?: Space;
  /** A network to begin with [drawn from the space]. */
  readonly start?: Model;
  /** Weights of the start, which it was trained to [it is trained first, where a strategy needs that]. */
  readonly startWeights?: Weights;
  /** Training samples of a training of full length [ten epochs]. */
  readonly samples?: number;
  /** Training samples of shorter and shorter trainings that come before, rising up to the full length [a sixtieth, a fifteenth, a fourth of it, of at least 5,000, and all]. */
  readonly rungs?: readonly number[];
  /** Learning rates to choose from, rising [4e-3, 1e-2, 2.5e-2]. */
  readonly rates?: readonly number[];
  /** Share of evolve's children that begin with their parent's weights, handed down to their layers, in short trainings [0]. */
  readonly inheriting?: number;
  /** How every network is trained where its recipe does not say otherwise; what is given here is not searched. */
  readonly setup?: Partial<TrainingSetup>;
  /** 'searched': a strategy may choose another recipe for a network, of what suits the data or of these choices ['searched']. */
  readonly recipe?: 'searched' | 'fixed' | RecipeChoices;
  /** How many seeds decide whether the floor is held; at least 5 [5]. */
  readonly seeds?: number;
  /** Of the search's own choices [1]. */
  readonly seed?: number;
  /** ['evolve'] */
  readonly strategy?: StrategyName | Strategy;
}

export interface SearchOptions extends ProblemOptions {
  /** Without one, the strategy alone ends the search, which of ours 'greedy' and 'pare' do: give one, leave the loop, or use `signal`. */
  readonly budget?: Budget;
  /** Where trials are kept and found again [in memory]. */
  readonly study?: Study;
  /** Trains the trials, one or several side by side, with this set-up and these data [this GPU]. */
  readonly evaluators?: readonly Evaluator[];
  /** See `RunOptions` [as many as evaluators for one of these, or a strategy that `followsLast`, such as 'pare'; else six times as many]. */
  readonly lag?: number;
  /** Train the networks of the front from all seeds when the budget is spent [true]. */
  readonly finish?: boolean;
  /** Opens another device where this GPU's is lost; the search frees it [none: a lost device ends the search]. */
  readonly reopen?: () => Promise<Gpu>;
  readonly onBegin?: (trial: Trial) => void;
  readonly onTested?: (done: number, of: number) => void;
  /** Is told where the strategy had nothing more to try before the budget was spent. */
  readonly onExhausted?: () => void;
  /** Once it fires no trial is begun any more: the search ends as those that run have ended, without a look at the test set; given again, it goes on. */
  readonly drain?: AbortSignal;
  readonly signal?: AbortSignal;
}

/** An option, and how it is written. */
interface Written extends Kind {
  readonly write: string;
}

const as = (kind: Kind, write: string): Written => ({ ...kind, write });

const FUNCTION: Kind = { description: 'a function', is: (value) => typeof value === 'function' };
const COUNT: Kind = { description: 'an integer of at least 1', is: (value) => Number.isSafeInteger(value) && Number(value) >= 1 };
const BOOLEAN: Kind = { description: 'true or false', is: (value) => typeof value === 'boolean' };
const SIGNAL: Kind = {
  description: 'an AbortSignal',
  is: (value) => has(value, 'aborted') && has(value, 'addEventListener'),
};
const STRATEGY: Kind = {
  description: 'the name of a strategy, or a Strategy',
  is: (value) => TEXT.is(value) || (has(value, 'name') && has(value, 'propose')),
};
const OBJECTIVE: Kind = {
  description: 'the name of a cost or weights by name',
  is: (value) => TEXT.is(value) || RECORD.is(value),
};
const RECIPE: Kind = {
  description: "'searched', 'fixed' or choices by part",
  is: (value) => value === 'searched' || value === 'fixed' || RECORD.is(value),
};
const STUDY: Kind = { description: 'a Study', is: (value) => has(value, 'records') && has(value, 'add') };
const EVALUATORS = listOf({ description: 'an Evaluator', is: (value) => has(value, 'evaluate') });

/** Those without a kind are looked at where they are used, with more words. */
const OPTIONS: Readonly<Record<keyof SearchOptions, Written>> = {
  floor: as(ANY, 'floor: 0.95'),
  objective: as(OBJECTIVE, "objective: 'parameters'"),
  limits: as(RECORD, 'limits: { parameters: 1000 }'),
  space: as(ANY, 'space: parseSpace(json)'),
  start: as(MODEL, "start: zoo['dhingra/optimized']"),
  startWeights: as(WEIGHTS, 'startWeights: (await load(path)).weights'),
  samples: as(ANY, 'samples: 10 * train.size'),
  rungs: as(listOf(NUMBER), 'rungs: [9_000, 36_000, 145_000, 550_000]'),
  rates: as(listOf(NUMBER), 'rates: [0.004, 0.01]'),
  inheriting: as(ANY, 'inheriting: 0.5'),
  seeds: as(ANY, 'seeds: 5'),
  seed: as(ANY, 'seed: 1'),
  recipe: as(RECIPE, "recipe: 'searched'"),
  strategy: as(STRATEGY, "strategy: 'evolve'"),
  setup: as(RECORD, 'setup: { batch: 64 }'),
  budget: as(RECORD, 'budget: { minutes: 60 }'),
  study: as(STUDY, "study: await openStudy('runs/x', await trialContext(data, setup))"),
  evaluators: as(EVALUATORS, 'evaluators: [await GpuEvaluator.create(gpu, data, setup)], or leave it out to train on the gpu'),
  lag: as(COUNT, 'lag: 1'),
  finish: as(BOOLEAN, 'finish: false'),
  reopen: as(FUNCTION, 'reopen: () => openGpu()'),
  onBegin: as(FUNCTION, 'onBegin: (trial) => { ... }'),
  onTested: as(FUNCTION, 'onTested: (done, of) => { ... }'),
  onExhausted: as(FUNCTION, 'onExhausted: () => { ... }'),
  drain: as(SIGNAL, 'drain: AbortSignal.timeout(60_000)'),
  signal: as(SIGNAL, 'signal: AbortSignal.timeout(60_000)'),
};

const AMOUNT: Kind = { description: 'a number of at least 0', is: (value) => typeof value === 'number' && value >= 0 };
const BUDGET: Readonly<Record<keyof Budget, Written>> = {
  minutes: as(AMOUNT, 'budget: { minutes: 60 }'),
  spentMinutes: as(AMOUNT, 'budget: { minutes: 60, spentMinutes: 50 }'),
  trials: as(AMOUNT, 'budget: { trials: 100 }'),
  samples: as(AMOUNT, 'budget: { samples: 50e6 }'),
};
const SETUP: Readonly<Record<keyof TrainingSetup, Written>> = {
  batch: as(COUNT, 'setup: { batch: 64 }'),
  optimizer: as(
    {
      description: `one that ${optimizerTypes.map((type) => `${type}()`).join(', ')} make`,
      is: (value) => isRecord(value) && optimizerTypes.some((type) => type === value.type),
    },
    'setup: { optimizer: adam() }',
  ),
  labelSmoothing: as(NUMBER, 'setup: { labelSmoothing: 0.1 }'),
  augment: as(RECORD, 'setup: { augment: { shift: 2 } }'),
  schedule: as(RECORD, "setup: { schedule: { type: 'cosine', warmup: 0.3 } }"),
  averaging: as(RECORD, 'setup: { averaging: { decay: 0.999 } }'),
  leaves: as(RECORD, "setup: { leaves: { format: 'compressed', weights: 8 } }"),
  stops: as(RECORD, 'setup: { stops: { floor: 0.95, samples: 10 * train.size } }'),
};

/** Throws an OptionError for an option, of a search or of its problem, that there is not, or that is of no kind it takes. */
export function checkSearchOptions(options: object): void {
  check('', options, OPTIONS);
  const { budget, setup } = options as { readonly budget?: object; readonly setup?: object };
  if (budget !== undefined) check('budget.', budget, BUDGET);
  if (setup !== undefined) check('setup.', setup, SETUP);
}

function check(where: string, given: object, known: Readonly<Record<string, Written>>): void {
  for (const [name, value] of Object.entries(given)) {
    const option = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!option)
      throw new OptionError(
        `search: unknown option '${where}${name}'; ${where === '' ? advice(name, value) : near(where, name, known)}`,
      );
    if (value !== undefined && !option.is(value))
      throw new OptionError(`search: ${where}${name} must be ${option.description}, got ${shown(value)}; write ${option.write}`);
  }
}

/** What to write instead of an option that stands elsewhere, has another name or is misspelt. */
function advice(name: string, value: unknown): string {
  const cost = COST_NAMES.find((known) => name.toLowerCase().replace(/^max/, '') === known);
  if (name in BUDGET) return `write budget: { ${name}: ${shown(value)} }`;
  if (name in SETUP) return `write setup: { ${name}: ${shown(value)} }`;
  if (cost) return `write limits: { ${cost}: ${shown(value)} }`;
  if (name === 'epochs') return `write samples: ${shown(value)} * train.size`;
  if (name === 'workers') return `write evaluators: (await SearchWorkers.start(data, { count: ${shown(value)} })).evaluators`;
  return near('', name, OPTIONS);
}

function near(where: string, name: string, known: Readonly<Record<string, Written>>): string {
  const alike = Object.entries(known).find(([other]) => other.slice(0, 3) === name.slice(0, 3).toLowerCase());
  const all = `${where === '' ? 'it' : where.slice(0, -1)} takes ${Object.keys(known).join(', ')}`;
  return alike ? `write ${alike[1].write}; ${all}` : all;
}
