// paredown: the public face, in Node and in browsers alike. paredown/node adds files, downloads and Dawn.
export type { Activation } from './core/activation.ts';
export {
  DataError,
  DeviceLostError,
  DivergedError,
  GpuError,
  LimitError,
  NoAdapterError,
  OptionError,
  ShapeError,
} from './core/errors.ts';
export type { Padding, Pair } from './core/geometry.ts';
export type { Shape, Value } from './core/value.ts';
export { VERSION } from './core/version.ts';
export type {
  Dataset,
  DatasetOptions,
  IdxArray,
  InputDescription,
} from './data/index.ts';
export type { DataStream, StreamBatch, StreamPosition } from './data/stream.ts';
export type { COptions, CSize } from './export/c/encode.ts';
export type { OnnxFileOptions } from './export/onnx/encode.ts';
export type { TfliteFileOptions } from './export/tflite/encode.ts';
export type { Checkpoint } from './formats/checkpoint.ts';
export type { DecodedModel } from './formats/model-file.ts';
export type { AdapterInfo, Gpu, GpuOptions } from './gpu/gpu.ts';
export type { DecodedKeras } from './import/keras/decode.ts';
export type { DecodedOnnx, OnnxOptions } from './import/onnx/decode.ts';
export type { WeightsFromOptions } from './import/weights/weights-from.ts';
export type { Schedule } from './kernels/schedule.ts';
export type { Description, LayerDescription } from './model/describe.ts';
export type { Init } from './model/initialisers.ts';
export type { Layer, LayerType, Model } from './model/types.ts';
export type { Weights, WeightsReport } from './model/weights.ts';
export { type OpAttributes, type OpInputs, type OpName, opNames } from './ops/registry.ts';
export * as complexity from './papers/complexity/index.ts';
export { type PublishedFigure, published } from './papers/published.ts';
export type { PlanSummary } from './plan/summary.ts';
export {
  canonicalJson,
  confusionTable,
  dataset,
  datasetHash,
  decodeCheckpoint,
  decodeModel,
  decodeSafetensors,
  describeInput,
  digits,
  encodeCheckpoint,
  encodeModel,
  encodeSafetensors,
  fromJson,
  parseIdx,
  quadrants,
  resizeArea,
  sine,
  strokeDigits,
  subset,
  toJson,
} from './public/data.ts';
export { encodeC, encodeOnnx, encodeTflite, sizeOfC } from './public/exporting.ts';
export { openGpu } from './public/gpu.ts';
export { decodeKeras, decodeOnnx, weightsFrom } from './public/importing.ts';
export * from './public/models.ts';
export {
  atBestRate,
  bestOf,
  bestTraining,
  checkTrialData,
  confirms,
  costsOf,
  countsLatency,
  frontTable,
  holdsFloor,
  leastCost,
  lowerBound,
  meanAccuracy,
  objective,
  paretoFront,
  samplesOf,
  scoreOf,
  search,
  searched,
  searchProblem,
  strategyNamed,
  studyPage,
  trialContext,
  usualLag,
} from './public/searching.ts';
export * as statistics from './public/statistics.ts';
export {
  adam,
  adamW,
  classifier,
  gradOp,
  predictor,
  referenceGradOp,
  referenceOp,
  rmsprop,
  runOp,
  sgd,
  trainer,
  tune,
} from './public/training.ts';
export type { PublishedPoint, StudyReport } from './report/study/report.ts';
export type { Conclusion, Finalist } from './search/conclusion.ts';
export { COST_NAMES, type CostName, type Costs, type Objective } from './search/costs.ts';
export type { ProblemOptions, SearchOptions } from './search/options.ts';
export { ReopeningGpu } from './search/reopening.ts';
export { type Budget, type Evaluated, type Evaluator, MemoryStudy, type Study } from './search/run.ts';
export type { SearchStep } from './search/search.ts';
export { DEFAULT_SPACE, parseSpace, type Space } from './search/space/space.ts';
export { STRATEGIES, type StrategyName } from './search/strategies.ts';
export type { History, Problem, Proposal, Strategy } from './search/strategy.ts';
export { DEFAULT_RATES, DEFAULT_SETUP, GpuEvaluator, type TrainingSetup, type TrialData } from './search/train.ts';
export type { Outcome, Trial, TrialRecord } from './search/trial.ts';
export type { Augmentation } from './train/augmentation.ts';
export type { Classification, Classifier } from './train/classifier.ts';
export type { ClassifierImage } from './train/classifier-input.ts';
export type { EarlyStopping, StopProgress } from './train/early-stopping.ts';
export type { Fit } from './train/fit.ts';
export type { FitOptions } from './train/fit-options.ts';
export type { Evaluation } from './train/inference.ts';
export type { Loss, LossName, Reduction } from './train/loss.ts';
export type { Optimizer } from './train/optimizers/registry.ts';
export type { Averaging, TrainerOptions } from './train/options.ts';
export type { Plateau } from './train/plateau.ts';
export type { Predictor } from './train/predictor.ts';
export type { Progress } from './train/progress.ts';
export type { Trainer } from './train/trainer.ts';
export type { TunedKernel } from './tune/tuner.ts';
export type { MlpOptions } from './zoo/babu.ts';
export type { KeOptions } from './zoo/ke.ts';
export { zoo } from './zoo/zoo.ts';
