// paredown/node: all of paredown, with Dawn as its GPU, and what needs Node: files and downloads.

export * from './index.ts';
export type { Cifar10Options } from './node/cifar10.ts';
export { ComplexityFolder } from './node/complexity-folder.ts';
export type { DownloadProgress } from './node/download.ts';
export type { FoundImages } from './node/image-folder/report.ts';
export type { ImageFolder, ImageFolderOptions } from './node/image-folder.ts';
export type { LfwGenderOptions } from './node/lfw-gender.ts';
export type { MnistOptions, MnistSplits } from './node/mnist.ts';
export type { Loaded } from './node/persist.ts';
export {
  cacheFolder,
  cifar10,
  heatMap,
  imageFolder,
  lfwGender,
  load,
  lockFolder,
  mnist,
  openGpu,
  openStudy,
  plot,
  readImage,
  readJson,
  readStudySettings,
  save,
  trainingCurves,
  writeFileAtomic,
  writeStudySettings,
} from './node/public.ts';
export type { DecodedImage } from './node/read-image.ts';
export { SearchWorkers, type SearchWorkersOptions } from './node/search-workers.ts';
export type { Splits } from './node/splits.ts';
export { StudyFolder } from './node/study-folder.ts';
export type { StudySettings } from './node/study-settings.ts';
export type { CurveOptions, CurvePoint } from './report/curves.ts';
export type { HeatMapOptions } from './report/heat-map.ts';
export type { PlotAxis, PlotOptions, PlotPoint, PlotSeries } from './report/plot.ts';
