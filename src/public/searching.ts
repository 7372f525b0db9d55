// The search and its costs, with their arguments checked.
import { checked, checkedAsync, listOf, NUMBER, optional, RECORD, TEXT } from '../core/arguments.ts';
import { DATASET, SPLITS } from '../data/kind.ts';
import { GPU } from '../gpu/kind.ts';
import { MODEL } from '../model/kind.ts';
import * as bests from '../search/best.ts';
import * as bounds from '../search/bound.ts';
import { countsLatency as isLatencyCounted } from '../search/costing.ts';
import * as costs from '../search/costs.ts';
import * as fronts from '../search/front.ts';
import { frontTable as tableOfFront } from '../search/page/front-table.ts';
import { studyPage as pageOfStudy } from '../search/page/page.ts';
import * as searches from '../search/search.ts';
import * as training from '../search/train.ts';
import * as trials from '../search/trial.ts';

const PROBLEM = {
  problem: {
    words: 'a problem, which searchProblem(data, options) gives',
    is: (value: unknown) => RECORD.is(value) && ['objective', 'floor', 'rungs'].every((name) => name in (value as object)),
  },
};
const NUMBERS = listOf(NUMBER);
/** Of a trial that has ended, as a search tells it. */
const TRIAL_RECORD = {
  words: 'the record of a trial, which a search gives',
  is: (value: unknown) => RECORD.is(value) && ['number', 'outcome', 'costs'].every((name) => name in (value as object)),
};
const RECORDS = listOf(TRIAL_RECORD);
const TRIALS = listOf({
  words: 'a trial, as a search or a study gives it',
  is: (value: unknown) => RECORD.is(value) && ['samples', 'seeds', 'rates'].every((name) => name in (value as object)),
});
const CANDIDATES = listOf({
  words: '{ cost, accuracy }',
  is: (value: unknown) => RECORD.is(value) && ['cost', 'accuracy'].every((name) => name in (value as object)),
});
const OBJECTIVE = {
  words: "an objective, which objective('parameters') gives",
  is: (value: unknown) =>
    RECORD.is(value) && ['weights', 'limits'].every((name) => RECORD.is((value as Record<string, unknown>)[name])),
};
const STUDY = {
  words: '{ problem, records, conclusions }',
  is: (value: unknown) => RECORD.is(value) && ['problem', 'records', 'conclusions'].every((name) => name in (value as object)),
};

export const search = /* @__PURE__ */ checked(
  'search(gpu, { train, validation, test }, { floor: 0.95 })',
  { gpu: GPU, data: SPLITS, options: RECORD },
  searches.search,
);
export const searchProblem = /* @__PURE__ */ checked(
  'searchProblem({ train, validation }, { floor: 0.95 })',
  {
    data: { ...SPLITS, is: (value) => RECORD.is(value) && DATASET.is((value as { train?: unknown }).train) },
    options: RECORD,
  },
  searches.searchProblem,
);
export const usualLag = /* @__PURE__ */ checked('usualLag(workers)', { workers: NUMBER }, searches.usualLag);
export const strategyNamed = /* @__PURE__ */ checked("strategyNamed('evolve')", { name: TEXT }, searches.strategyNamed);
export const checkTrialData = /* @__PURE__ */ checked(
  'checkTrialData({ train, validation }, DEFAULT_SETUP)',
  { data: SPLITS, setup: RECORD },
  training.checkTrialData,
);
export const trialContext = /* @__PURE__ */ checkedAsync(
  'trialContext({ train, validation }, DEFAULT_SETUP)',
  { data: SPLITS, setup: RECORD },
  training.trialContext,
);

export const costsOf = /* @__PURE__ */ checked('costsOf(model)', { model: MODEL }, costs.costsOf);
export const objective = /* @__PURE__ */ checked(
  "objective('parameters', { macs: 100_000 })",
  {
    minimise: { words: 'the name of a cost or weights by name', is: (value) => TEXT.is(value) || RECORD.is(value) },
    limits: optional(RECORD),
  },
  costs.objective,
);
export const scoreOf = /* @__PURE__ */ checked(
  'scoreOf(objective, costsOf(model))',
  { objective: OBJECTIVE, costs: RECORD },
  costs.scoreOf,
);
export const countsLatency = /* @__PURE__ */ checked('countsLatency(objective)', { objective: OBJECTIVE }, isLatencyCounted);

export const lowerBound = /* @__PURE__ */ checked(
  'lowerBound([0.95, 0.96, 0.97])',
  { values: NUMBERS, confidence: optional(NUMBER) },
  bounds.lowerBound,
);
export const holdsFloor = /* @__PURE__ */ checked(
  'holdsFloor(accuracies, 0.95)',
  { accuracies: NUMBERS, floor: NUMBER },
  bounds.holdsFloor,
);
export const paretoFront = /* @__PURE__ */ checked(
  'paretoFront([{ cost: 390, accuracy: 0.95 }])',
  { candidates: CANDIDATES },
  fronts.paretoFront,
);
export const leastCost = /* @__PURE__ */ checked(
  'leastCost([{ cost: 390, accuracy: 0.95 }], 0.95)',
  { candidates: CANDIDATES, floor: NUMBER },
  fronts.leastCost,
);

export const bestOf = /* @__PURE__ */ checked('bestOf(problem, records)', { ...PROBLEM, records: RECORDS }, bests.bestOf);
export const bestTraining = /* @__PURE__ */ checked(
  'bestTraining(problem, records)',
  { ...PROBLEM, records: RECORDS },
  bests.bestTraining,
);
export const confirms = /* @__PURE__ */ checked(
  'confirms(problem, record)',
  { ...PROBLEM, record: TRIAL_RECORD },
  bests.confirms,
);
export const atBestRate = /* @__PURE__ */ checked('atBestRate(record)', { record: TRIAL_RECORD }, trials.atBestRate);
export const meanAccuracy = /* @__PURE__ */ checked('meanAccuracy(record)', { record: TRIAL_RECORD }, trials.meanAccuracy);
export const searched = /* @__PURE__ */ checked('searched(trials)', { trials: TRIALS }, trials.searched);
export const samplesOf = /* @__PURE__ */ checked('samplesOf(trials)', { trials: TRIALS }, trials.samplesOf);

export const frontTable = /* @__PURE__ */ checked(
  'frontTable({ problem, records, conclusions })',
  { study: STUDY },
  tableOfFront,
);
export const studyPage = /* @__PURE__ */ checked(
  'studyPage({ title, data, problem, records, conclusions, ... })',
  { report: STUDY },
  pageOfStudy,
);
