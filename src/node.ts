// paredown/node: all of paredown, with Dawn as its GPU, and what needs Node: files and downloads.

export { openGpu } from './gpu/dawn.ts';
export * from './index.ts';
export { heatMap, plot, trainingCurves } from './node/charts.ts';
export { type Cifar10Options, cifar10 } from './node/cifar10.ts';
export { ComplexityFolder } from './node/complexity-folder.ts';
export type { DownloadProgress } from './node/download.ts';
export { writeFileAtomic } from './node/files.ts';
export { lockFolder } from './node/folder-lock.ts';
export type { FoundImages } from './node/image-folder/report.ts';
export { type ImageFolder, type ImageFolderOptions, imageFolder } from './node/image-folder.ts';
export { readJson } from './node/json-file.ts';
export { type LfwGenderOptions, lfwGender } from './node/lfw-gender.ts';
export { type MnistOptions, type MnistSplits, mnist } from './node/mnist.ts';
export { type Loaded, load, save } from './node/persist.ts';
export { type DecodedImage, readImage } from './node/read-image.ts';
export { SearchWorkers, type SearchWorkersOptions } from './node/search-workers.ts';
export type { Splits } from './node/splits.ts';
export { openStudy, StudyFolder } from './node/study-folder.ts';
export { readStudySettings, type StudySettings, writeStudySettings } from './node/study-settings.ts';
export type { CurveOptions, CurvePoint } from './report/curves.ts';
export type { HeatMapOptions } from './report/heat-map.ts';
export type { PlotAxis, PlotOptions, PlotPoint, PlotSeries } from './report/plot.ts';
