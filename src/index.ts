// paredown: the public face, in Node and in browsers alike. paredown/node adds files, downloads and Dawn.
export type { Activation } from './core/activation.ts';
export { DataError, DeviceLostError, DivergedError, LimitError, NoAdapterError, OptionError, ShapeError } from './core/errors.ts';
export type { Padding, Pair } from './core/geometry.ts';
export type { Shape, Value } from './core/value.ts';
export { VERSION } from './core/version.ts';
export {
  type Dataset,
  type DatasetOptions,
  dataset,
  datasetHash,
  digits,
  type IdxArray,
  parseIdx,
  quadrants,
  resizeArea,
  sine,
  strokeDigits,
  subset,
} from './data/index.ts';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './formats/checkpoint.ts';
export { decodeModel, encodeModel } from './formats/model-file.ts';
export { openGpu } from './gpu/browser.ts';
export type { AdapterInfo, Gpu, GpuOptions } from './gpu/gpu.ts';
export type { Schedule } from './kernels/schedule.ts';
export { type Description, describe, type LayerDescription } from './model/describe.ts';
export { constant, glorotUniform, heNormal, normal, truncatedNormal, zeros } from './model/initialisers.ts';
export {
  activation,
  avgPool2d,
  batchNorm,
  branch,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  globalAvgPool2d,
  maxPool2d,
  residual,
} from './model/layers.ts';
export { model, parseModel } from './model/model.ts';
export { table } from './model/table.ts';
export type { Init, Layer, Model } from './model/types.ts';
export type { Weights } from './model/weights.ts';
export { type OpAttributes, type OpInputs, type OpName, opNames } from './ops/registry.ts';
export type { PlanSummary } from './plan/plan.ts';
export { gradOp, runOp } from './plan/run-op.ts';
export { referenceGradOp, referenceOp } from './reference/index.ts';
export { confusionTable } from './report/confusion.ts';
export { bestOf, bestTraining, confirms } from './search/best.ts';
export { holdsFloor, lowerBound } from './search/bound.ts';
export * as complexity from './search/complexity/index.ts';
export type { Conclusion, Finalist } from './search/conclusion.ts';
export { countsLatency } from './search/costing.ts';
export { COST_NAMES, type CostName, type Costs, costsOf, type Objective, objective, scoreOf } from './search/costs.ts';
export { leastCost, paretoFront } from './search/front.ts';
export { frontTable } from './search/page/front-table.ts';
export { studyPage } from './search/page/page.ts';
export type { PublishedPoint, StudyReport } from './search/page/report.ts';
export { type Budget, type Evaluated, type Evaluator, MemoryStudy, type Study } from './search/run.ts';
export {
  type ProblemOptions,
  type SearchOptions,
  type SearchStep,
  search,
  searchProblem,
  strategyNamed,
  usualLag,
} from './search/search.ts';
export { DEFAULT_SPACE, parseSpace, type Space } from './search/space.ts';
export { STRATEGIES, type StrategyName } from './search/strategies.ts';
export type { History, Problem, Proposal, Strategy } from './search/strategy.ts';
export {
  checkTrialData,
  DEFAULT_RATES,
  DEFAULT_SETUP,
  GpuEvaluator,
  type TrainingSetup,
  type TrialData,
  trialContext,
} from './search/train.ts';
export { atBestRate, meanAccuracy, type Outcome, samplesOf, searched, type Trial, type TrialRecord } from './search/trial.ts';
export type { Augmentation } from './train/augmentation.ts';
export type { Fit } from './train/fit.ts';
export type { Evaluation } from './train/inference.ts';
export type { Loss, LossName, Reduction } from './train/loss.ts';
export { adam, type Optimizer, sgd, type TrainerOptions } from './train/options.ts';
export { type Predictor, predictor } from './train/predictor.ts';
export type { FitOptions, Progress } from './train/progress.ts';
export { type Trainer, trainer } from './train/trainer.ts';
export { tune } from './train/tuning.ts';
export type { TunedKernel } from './tune/tuner.ts';
export { type MlpOptions, mlp } from './zoo/babu.ts';
export { type KeOptions, ke } from './zoo/ke.ts';
export { type PublishedFigure, published } from './zoo/published.ts';
export { zoo } from './zoo/zoo.ts';
