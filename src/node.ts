// paredown/node: all of paredown, with Dawn as its GPU, and what needs Node: files and downloads.

export * from './index.ts';
export { ChainFolder } from './node/chain-folder.ts';
export type { Cifar10Options } from './node/cifar10.ts';
export { ComplexityFolder } from './node/complexity-folder.ts';
export { DATA_NAMES, type DataSource, type LoadedData, type LoadOptions } from './node/data-source.ts';
export type { DownloadProgress } from './node/download.ts';
export type { FoundImages } from './node/image-folder/report.ts';
export type { ImageFolder, ImageFolderOptions } from './node/image-folder.ts';
export type { LfwGenderOptions } from './node/lfw-gender.ts';
export { type LiveFacts, LiveRun, type LiveRunOptions } from './node/live-run.ts';
export type { MnistOptions, MnistSplits } from './node/mnist.ts';
export type { Loaded } from './node/persist.ts';
export {
  cacheFolder,
  cifar10,
  heatMap,
  imageFolder,
  lfwGender,
  load,
  loadData,
  lockFolder,
  mnist,
  openChainStudy,
  openGpu,
  openStudy,
  plot,
  readImage,
  readJson,
  readStudySettings,
  save,
  serveRuns,
  studyPortrait,
  studyReport,
  trainingCurves,
  writeFileAtomic,
  writeStudySettings,
} from './node/public.ts';
export { QueueAddress } from './node/queue/address.ts';
export type { ConnectionEvent, QueueEvent } from './node/queue/queue-events.ts';
export type { QueueTrainer } from './node/queue/queue-trainer.ts';
export { QueueWorker, type ServeOptions } from './node/queue/queue-worker.ts';
export { SearchQueue, type SearchQueueOptions } from './node/queue/search-queue.ts';
export type { StudyAnnouncement } from './node/queue/study-announcement.ts';
export type { WorkerEvent } from './node/queue/worker-events.ts';
export type { DecodedImage } from './node/read-image.ts';
export { SearchWorkers, type SearchWorkersOptions } from './node/search-workers.ts';
export type { ServedRuns, ServeRunsOptions } from './node/serve/serve-runs.ts';
export type { Splits } from './node/splits.ts';
export { StudyFolder } from './node/study-folder.ts';
export type { CurveOptions, CurvePoint } from './report/curves.ts';
export type { HeatMapOptions } from './report/heat-map.ts';
export type { PlotAxis, PlotOptions, PlotPoint, PlotSeries } from './report/plot.ts';
