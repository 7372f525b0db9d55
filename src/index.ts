// paredown: the public face, in Node and in browsers alike. paredown/node adds files, downloads and Dawn.
// Values come from public/ alone, a file for each use: in the build each is a module of its own (scripts/build.mjs).
export type { Chain, ChainStep } from './chain/chain.ts';
export type { Compressed, CompressStep } from './chain/compress.ts';
export type { FineTuning } from './chain/fine-tune.ts';
export type { CompressData, CompressOptions, TrainedNetwork } from './chain/options.ts';
export type { ChainStudy, TestLook } from './chain/study.ts';
export type { ChainOutcome, ChainRecord, ChainSummary } from './chain/trial.ts';
export type { CoarsenOptions } from './compress/coarsen.ts';
export type { CompressedOptions } from './compress/coded/compressed.ts';
export type { CompressedPart } from './compress/coded/parts.ts';
export type { Factorized, FactorizedModel, FactorizeOptions } from './compress/factorize.ts';
export type { PruneOptions } from './compress/prune.ts';
export type { PrunedFilters, PruneFiltersOptions } from './compress/prune-filters.ts';
export type { ReadModel as DecodedModel } from './compress/read-model.ts';
export type { Shared, ShareOptions, Sharing } from './compress/share.ts';
export type { Activation } from './core/activation.ts';
export type { Padding, Pair } from './core/geometry.ts';
export type { Shape, Value } from './core/value.ts';
export type {
  Dataset,
  DatasetOptions,
  Hashed as HashedImage,
  IdxArray,
  InputDescription,
  Shares as SplitShares,
  Split,
} from './data/index.ts';
export type { DataStream, StreamBatch, StreamPosition } from './data/stream.ts';
export type { COptions, CSize } from './export/c/encode.ts';
export type { CIntegersOptions } from './export/c/int8/encode.ts';
export type { HtmlIntegersOptions, HtmlOptions } from './export/html/encode.ts';
export type { OnnxFileOptions } from './export/onnx/encode.ts';
export type { FileBytes, NetworkSize } from './export/size.ts';
export type { TfliteFileOptions, TfliteIntegersOptions } from './export/tflite/encode.ts';
export type { Checkpoint } from './formats/checkpoint.ts';
export type { CompileProgress } from './gpu/compilation.ts';
export type { AdapterInfo, Gpu, GpuOptions } from './gpu/gpu.ts';
export type { DecodedKeras } from './import/keras/decode.ts';
export type { DecodedOnnx, OnnxOptions } from './import/onnx/decode.ts';
export type { WeightsFromOptions } from './import/weights/weights-from.ts';
export type { Schedule } from './kernels/schedule.ts';
export type { Description, LayerDescription } from './model/describe.ts';
export type { Init } from './model/initialisers.ts';
export type { Layer, LayerType, Model } from './model/types.ts';
export type { Weights, WeightsReport } from './model/weights.ts';
export type { OpAttributes, OpInputs, OpName } from './ops/registry.ts';
export type { PublishedFigure } from './papers/published.ts';
export type { PlanSummary } from './plan/summary.ts';
export { classifier, imageBytes } from './public/classifying.ts';
export {
  coarsen,
  compressedParts,
  encodeCompressed,
  factorize,
  filterImportance,
  prune,
  pruneFilters,
  share,
} from './public/compressing.ts';
export {
  canonicalJson,
  confusionTable,
  dataset,
  datasetHash,
  decodeCheckpoint,
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
  stratify,
  strokeDigits,
  subset,
  toJson,
} from './public/data.ts';
export { decodeModel } from './public/decoding.ts';
export { encodeC, encodeHtml, encodeOnnx, encodeTflite, sizeOf, sizeOfC } from './public/exporting.ts';
export {
  type ExportAbility,
  type ExportedFiles,
  type ExportFormat,
  type ExportFormatName,
  type ExportFormatOptions,
  exportFormats,
  type IntegerFormat,
  type LeavingNetwork,
} from './public/formats.ts';
export { openGpu } from './public/gpu.ts';
export { decodeKeras, decodeOnnx, weightsFrom } from './public/importing.ts';
export * from './public/models.ts';
export {
  DataError,
  DeviceLostError,
  DivergedError,
  GpuError,
  LimitError,
  NoAdapterError,
  OptionError,
  opNames,
  ShapeError,
  VERSION,
} from './public/names.ts';
export { complexity, published, zoo } from './public/published.ts';
export { quantize } from './public/quantizing.ts';
export {
  aboveTest,
  atBestRate,
  bestOf,
  bestTraining,
  COST_NAMES,
  checkTrialData,
  confirms,
  costsOf,
  countsLatency,
  DEFAULT_RATES,
  DEFAULT_SETUP,
  DEFAULT_SPACE,
  filterPictures,
  forecast,
  frontTable,
  GpuEvaluator,
  holdsFloor,
  howTrained,
  keptBack,
  layerDiagram,
  layerTable,
  leastCost,
  lowerBound,
  MemoryStudy,
  meanAccuracy,
  nearestOf,
  objective,
  paretoFront,
  parseSpace,
  ReopeningGpu,
  STRATEGIES,
  samplesOf,
  scheduleOver,
  scoreOf,
  search,
  searched,
  searchProblem,
  strategyNamed,
  studyPage,
  studySections,
  trialContext,
  trialSections,
  usualLag,
} from './public/searching.ts';
export { chainSummary, compress, compressContext, MemoryChainStudy } from './public/smallest-file.ts';
export * as statistics from './public/statistics.ts';
export * as studyFiles from './public/study-files.ts';
export {
  adam,
  adamW,
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
export type { QuantizeOptions } from './quantize/quantize.ts';
export type { ActivationScale, Bits, QuantizedModel, QuantizedTensor, WeightBits } from './quantize/types.ts';
export type { StudySection } from './report/study/parts.ts';
export type { JudgedImages, Portrait, WrongImage } from './report/study/portrait.ts';
export type { PublishedPoint, StudyReport } from './report/study/report.ts';
export type { Budget } from './search/budget.ts';
export type { Conclusion, Finalist } from './search/conclusion.ts';
export type { CostName, Costs, Objective } from './search/costs.ts';
export type { Curve } from './search/curve.ts';
export type { Format as CompressFormat } from './search/file-formats.ts';
export type { Forecast } from './search/forecast.ts';
export type { Training } from './search/how-trained.ts';
export type { ProblemOptions, SearchOptions } from './search/options.ts';
export type { Recipe, RecipeSchedule, TrainingSetup } from './search/recipe.ts';
export type { RecipeChoices } from './search/recipe-choices.ts';
export type { Evaluated, Evaluator, Study } from './search/run.ts';
export type { SearchStep } from './search/search.ts';
export type { Space } from './search/space/space.ts';
export type { StopRules } from './search/stops.ts';
export type { StrategyName } from './search/strategies.ts';
export type { History, Problem, Proposal, Strategy } from './search/strategy.ts';
export type { TrialData } from './search/train.ts';
export type { Dropped, Outcome, Trial, TrialRecord } from './search/trial.ts';
export type { StudySettings } from './search/written/settings.ts';
export type { Augmentation } from './train/augmentation.ts';
export type { Classification, Classifier } from './train/classifier.ts';
export type { ClassifierImage, Drawable, PixelArray } from './train/classifier-input.ts';
export type { EarlyStopping, StopProgress } from './train/early-stopping.ts';
export type { Fit } from './train/fit.ts';
export type { FitOptions } from './train/fit-options.ts';
export type { Evaluation } from './train/inference.ts';
export type { KernelTime, KernelTimes, KernelTimesOptions } from './train/kernel-times.ts';
export type { Loss, LossName, Reduction } from './train/loss.ts';
export type { Optimizer } from './train/optimizers/registry.ts';
export type { Averaging, TrainerOptions } from './train/options.ts';
export type { Plateau } from './train/plateau.ts';
export type { Predictor, PredictorOptions } from './train/predictor.ts';
export type { Progress } from './train/progress.ts';
export type { PruningOptions } from './train/pruning/options.ts';
export type { QuantizationOptions } from './train/quantization/options.ts';
export type { Trainer } from './train/trainer.ts';
export type { TunedKernel } from './tune/tuner.ts';
export type { MlpOptions } from './zoo/babu.ts';
export type { KeOptions } from './zoo/ke.ts';
