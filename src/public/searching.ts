// The search and its costs, with their arguments checked.
import { checked, checkedAsync, listOf, NUMBER, optional, RECORD, TEXT } from '../core/arguments.ts';
import { DATASET, SPLITS } from '../data/kind.ts';
import { GPU } from '../gpu/kind.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import { filterPictures as picturesOf } from '../report/study/filter-pictures.ts';
import { frontTable as tableOfFront } from '../report/study/front-table.ts';
import { layerDiagram as diagramOf } from '../report/study/layer-diagram.ts';
import { layerLines } from '../report/study/layer-lines.ts';
import { studyPage as pageOfStudy } from '../report/study/page.ts';
import * as parts from '../report/study/parts.ts';
import * as bests from '../search/best.ts';
import * as bounds from '../search/bound.ts';
import * as conclusions from '../search/conclusion.ts';
import { countsLatency as isLatencyCounted } from '../search/costing.ts';
import * as costs from '../search/costs.ts';
import * as forecasts from '../search/forecast.ts';
import * as fronts from '../search/front.ts';
import * as trained from '../search/how-trained.ts';
import * as parting from '../search/kept-back.ts';
import * as lags from '../search/lag.ts';
import * as recipes from '../search/recipe.ts';
import * as searches from '../search/search.ts';
import * as training from '../search/train.ts';
import * as trials from '../search/trial.ts';

const PROBLEM = {
  problem: {
    description: 'a problem, which searchProblem(data, options) gives',
    is: (value: unknown) => RECORD.is(value) && ['objective', 'floor', 'rungs'].every((name) => name in (value as object)),
  },
};
const NUMBERS = /* @__PURE__ */ listOf(NUMBER);
/** Of a trial that has ended, as a search tells it. */
const TRIAL_RECORD = {
  description: 'the record of a trial, which a search gives',
  is: (value: unknown) => RECORD.is(value) && ['number', 'outcome', 'costs'].every((name) => name in (value as object)),
};
const SETUP = {
  description: 'the set-up of a study, such as DEFAULT_SETUP',
  is: (value: unknown) => RECORD.is(value) && ['batch', 'optimizer', 'labelSmoothing'].every((name) => name in (value as object)),
};
const RECORDS = /* @__PURE__ */ listOf(TRIAL_RECORD);
const TRIALS = /* @__PURE__ */ listOf({
  description: 'a trial, as a search or a study gives it',
  is: (value: unknown) => RECORD.is(value) && ['samples', 'seeds', 'rates'].every((name) => name in (value as object)),
});
const CANDIDATES = /* @__PURE__ */ listOf({
  description: '{ cost, accuracy }',
  is: (value: unknown) => RECORD.is(value) && ['cost', 'accuracy'].every((name) => name in (value as object)),
});
const OBJECTIVE = {
  description: "an objective, which objective('parameters') gives",
  is: (value: unknown) =>
    RECORD.is(value) && ['weights', 'limits'].every((name) => RECORD.is((value as Record<string, unknown>)[name])),
};
const STUDY = {
  description: '{ problem, records, conclusions }',
  is: (value: unknown) => RECORD.is(value) && ['problem', 'records', 'conclusions'].every((name) => name in (value as object)),
};

/**
 * Searches for the smallest network that holds an accuracy: trials until the budget is spent, then the front from all seeds, then, where
 * test data are given, one look at them. Everything is chosen on validation data. Yields each trial as it ends, and the conclusion.
 * A study that holds trials goes on; an abort or a failure loses the running trials alone. A trial that the adapter can't hold is
 * refused, and one whose device is lost is trained again where there is `reopen`. Throws OptionError, DataError, DeviceLostError, AbortError.
 */
export const search = /* @__PURE__ */ checked(
  'search(gpu, { train, validation, test }, { floor: 0.95 })',
  () => ({ gpu: GPU, data: SPLITS, options: RECORD }),
  searches.search,
);
/** The problem with every choice made; the other options of a search may be among them. Throws an OptionError for a choice that is none. */
export const searchProblem = /* @__PURE__ */ checked(
  'searchProblem({ train, validation }, { floor: 0.95 })',
  () => ({
    data: { ...SPLITS, is: (value) => RECORD.is(value) && DATASET.is((value as { train?: unknown }).train) },
    options: RECORD,
  }),
  searches.searchProblem,
);
/** How far a strategy looks back with so many trials side by side: far enough that none waits for a slow one. */
export const usualLag = /* @__PURE__ */ checked(
  'usualLag(workers)',
  () => ({ workers: NUMBER, strategy: optional(RECORD) }),
  lags.usualLag,
);
/** One of `STRATEGIES`. Throws an OptionError for a name that there is not. */
export const strategyNamed = /* @__PURE__ */ checked("strategyNamed('evolve')", () => ({ name: TEXT }), searches.strategyNamed);
/** Throws an OptionError or DataError where a search can't use these data. */
export const checkTrialData = /* @__PURE__ */ checked(
  'checkTrialData({ train, validation }, DEFAULT_SETUP)',
  () => ({ data: SPLITS, setup: SETUP }),
  training.checkTrialData,
);
/**
 * Validation data in two halves, class by class, by a fixed seed: what trials are chosen by, and `confirmation`, on which a network that
 * holds the floor must hold it. Fewer than 400 samples stay whole, as `validation`.
 */
export const keptBack = /* @__PURE__ */ checked('keptBack(validation)', () => ({ validation: DATASET }), parting.keptBack);
/** How far accuracies of the finalists of a conclusion lay above those on the test set, on the mean; undefined where none was tested. */
export const aboveTest = /* @__PURE__ */ checked(
  'aboveTest(conclusion.finalists)',
  () => ({
    finalists: listOf({
      description: 'a finalist of a conclusion',
      is: (value) => RECORD.is(value) && ['validation', 'test'].every((name) => name in (value as object)),
    }),
  }),
  conclusions.aboveTest,
);
/** All that decides what a trial comes to beside itself, for its key. */
export const trialContext = /* @__PURE__ */ checkedAsync(
  'trialContext({ train, validation }, DEFAULT_SETUP)',
  () => ({ data: SPLITS, setup: RECORD }),
  training.trialContext,
);

/** What a network costs, but for its latency. */
export const costsOf = /* @__PURE__ */ checked('costsOf(model)', () => ({ model: MODEL }), costs.costsOf);
/** An objective of one cost, or of weights by name. Throws an OptionError for a cost that there is not, or a number that is none. */
export const objective = /* @__PURE__ */ checked(
  "objective('parameters', { macs: 100_000 })",
  () => ({
    minimise: { description: 'the name of a cost or weights by name', is: (value) => TEXT.is(value) || RECORD.is(value) },
    limits: optional(RECORD),
  }),
  costs.objective,
);
/** The number that is minimised. */
export const scoreOf = /* @__PURE__ */ checked(
  'scoreOf(objective, costsOf(model))',
  () => ({ objective: OBJECTIVE, costs: RECORD }),
  costs.scoreOf,
);
/** Whether latencies count: they are measured for trials, and predicted for networks that were not tried. */
export const countsLatency = /* @__PURE__ */ checked(
  'countsLatency(objective)',
  () => ({ objective: OBJECTIVE }),
  isLatencyCounted,
);

/**
 * The one-sided lower bound of the mean that lies behind these values, by Student's t: with this confidence the mean is above it,
 * where the values are independent and about normal. Undefined for fewer than two values, which say nothing of their spread.
 */
export const lowerBound = /* @__PURE__ */ checked(
  'lowerBound([0.95, 0.96, 0.97])',
  () => ({ values: NUMBERS, confidence: optional(NUMBER) }),
  bounds.lowerBound,
);
/** Whether accuracies of at least five seeds show, with 95% confidence, a mean above the floor. */
export const holdsFloor = /* @__PURE__ */ checked(
  'holdsFloor(accuracies, 0.95)',
  () => ({ accuracies: NUMBERS, floor: NUMBER }),
  bounds.holdsFloor,
);
/** Those that no other beats in cost without losing accuracy, nor in accuracy without costing more, by rising cost; of equals the first. */
export const paretoFront = /* @__PURE__ */ checked(
  'paretoFront([{ cost: 390, accuracy: 0.95 }])',
  () => ({ candidates: CANDIDATES }),
  fronts.paretoFront,
);
/**
 * Dhingra's s(f), section III: the least cost that reaches an accuracy of f or more, which falls nowhere as f rises. Undefined
 * where nothing reaches it.
 */
export const leastCost = /* @__PURE__ */ checked(
  'leastCost([{ cost: 390, accuracy: 0.95 }], 0.95)',
  () => ({ candidates: CANDIDATES, floor: NUMBER }),
  fronts.leastCost,
);

/** The trial of the smallest network that holds the floor; undefined where none does. */
export const bestOf = /* @__PURE__ */ checked('bestOf(problem, records)', () => ({ ...PROBLEM, records: RECORDS }), bests.bestOf);
/** The trial of the smallest network that holds the floor, and which of its trainings is the best on validation data. */
export const bestTraining = /* @__PURE__ */ checked(
  'bestTraining(problem, records)',
  () => ({ ...PROBLEM, records: RECORDS }),
  bests.bestTraining,
);
/**
 * The trial of the network that comes nearest to holding the floor, within the limits: by its bound, of those that were trained at full
 * length from enough seeds; without any, by the mean, of those at full length from nothing, or of the longest trainings. Undefined where
 * nothing was trained.
 */
export const nearestOf = /* @__PURE__ */ checked(
  'nearestOf(problem, records)',
  () => ({ ...PROBLEM, records: RECORDS }),
  bests.nearestOf,
);
/** How long the most promising network would take to be trained at full length and confirmed, by the trials so far; undefined where they don't tell. */
export const forecast = /* @__PURE__ */ checked(
  'forecast(problem, records)',
  () => ({ ...PROBLEM, records: RECORDS }),
  forecasts.forecast,
);
/** Whether a trial shows that its network holds the floor: full length, enough seeds, and the bound above the floor. */
export const confirms = /* @__PURE__ */ checked(
  'confirms(problem, record)',
  () => ({ ...PROBLEM, record: TRIAL_RECORD }),
  bests.confirms,
);
/** The learning rate with the best mean validation accuracy; undefined where nothing was trained. */
export const atBestRate = /* @__PURE__ */ checked('atBestRate(record)', () => ({ record: TRIAL_RECORD }), trials.atBestRate);
/** Mean validation accuracy over the seeds, at the best rate; undefined where nothing was trained. */
export const meanAccuracy = /* @__PURE__ */ checked(
  'meanAccuracy(record)',
  () => ({ record: TRIAL_RECORD }),
  trials.meanAccuracy,
);
/** How a trial was trained, at its best learning rate: all that is needed to train its network so again, as data and in words. */
export const howTrained = /* @__PURE__ */ checked(
  'howTrained(setup, record, train.size)',
  () => ({ setup: SETUP, record: TRIAL_RECORD, trainingSamples: NUMBER }),
  trained.howTrained,
);
/** The schedule of a trainer for so many steps, of one as a recipe or `howTrained` tells it. */
export const scheduleOver = /* @__PURE__ */ checked(
  'scheduleOver(steps, howTrained(setup, record, train.size).schedule)',
  () => ({ steps: NUMBER, schedule: optional(RECORD) }),
  recipes.scheduleOver,
);
/** The trials that count against a search's budget: not those that end one, the front from all seeds. */
export const searched = /* @__PURE__ */ checked('searched(trials)', () => ({ trials: TRIALS }), trials.searched);
/** Training samples of trials, over all their replicas. */
export const samplesOf = /* @__PURE__ */ checked('samplesOf(trials)', () => ({ trials: TRIALS }), trials.samplesOf);

/**
 * The front of a study as text for a terminal: the finalists of the last conclusion with their test figures, or, before the first,
 * the front by validation. The best is marked by `*`.
 */
export const frontTable = /* @__PURE__ */ checked(
  'frontTable({ problem, records, conclusions })',
  () => ({ study: STUDY }),
  tableOfFront,
);
/**
 * The layers of a model as a table for a terminal, with what each is in words (filters, windows, strides, padding, activation), its output
 * shape, parameters and multiply-accumulates.
 */
export const layerTable = /* @__PURE__ */ checked('layerTable(model)', () => ({ model: MODEL }), layerLines);
/**
 * The filters of a model's first convolution as a picture, an SVG text, a square a weight: blue where it adds, orange where it subtracts, the
 * fuller the larger; the first 64 filters, of each the first 8 channels. Undefined for a model without a convolution of images.
 */
export const filterPictures = /* @__PURE__ */ checked(
  'filterPictures(model, weights)',
  () => ({ model: MODEL, weights: WEIGHTS }),
  picturesOf,
);
/**
 * A network as a picture, an SVG text: from top to bottom each layer with its settings and its share of the parameters, between them what
 * passes there (the wider, the more values), paths side by side, skips and repeats as lines. It takes `currentColor`, and is told to
 * screen readers by a title and a description.
 */
export const layerDiagram = /* @__PURE__ */ checked('layerDiagram(model)', () => ({ model: MODEL }), diagramOf);
/**
 * The page of a study: one HTML document that asks for nothing from outside, for a screen of any width, light or dark, and for paper.
 * Whatever names, changes and reasons hold stands there as text.
 */
export const studyPage = /* @__PURE__ */ checked(
  'studyPage({ title, data, problem, records, conclusions, ... })',
  () => ({ report: STUDY }),
  pageOfStudy,
);
/** What `studyPage` tells, section by section: `[{ id, title, content }]`, the content as HTML. Links lead to `#t<number of a trial>`. */
export const studySections = /* @__PURE__ */ checked(
  'studySections({ title, data, problem, records, conclusions, ... })',
  () => ({ report: STUDY }),
  parts.studySections,
);
/** The same of one trial, by its key: what became of it, its layers, its learning curve, where it comes from and what came of it. */
export const trialSections = /* @__PURE__ */ checked(
  'trialSections(report, key)',
  () => ({ report: STUDY, key: TEXT }),
  parts.trialSections,
);

export { COST_NAMES } from '../search/costs.ts';
export { ReopeningGpu } from '../search/reopening.ts';
export { MemoryStudy } from '../search/run.ts';
export { DEFAULT_SPACE, parseSpace } from '../search/space/space.ts';
export { STRATEGIES } from '../search/strategies.ts';
export { DEFAULT_RATES, DEFAULT_SETUP, GpuEvaluator } from '../search/train.ts';
