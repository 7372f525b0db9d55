// What needs Node, with its arguments checked.
import { BYTES, checked, checkedAsync, LIST, listOf, optional, RECORD, recordOf, recordWith, TEXT } from '../core/arguments.ts';
import { CHECKPOINT, type Checkpoint } from '../formats/checkpoint.ts';
import type { ModelFileOptions } from '../formats/model-file.ts';
import { openGpu as openDawn } from '../gpu/dawn.ts';
import { cacheFolder as userCacheFolder } from '../gpu/user-cache.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { openChainStudy as openChainFolder } from './chain-folder.ts';
import * as charts from './charts.ts';
import { cifar10 as loadCifar10 } from './cifar10.ts';
import { loadData as loadSource } from './data-source.ts';
import * as files from './files.ts';
import { lockFolder as lock } from './folder-lock.ts';
import { imageFolder as loadImageFolder } from './image-folder.ts';
import { readJson as readJsonFile } from './json-file.ts';
import { studyPortrait as portraitOfStudy } from './judge/study-portrait.ts';
import { lfwGender as loadLfwGender } from './lfw-gender.ts';
import { mnist as loadMnist } from './mnist.ts';
import * as persist from './persist.ts';
import { readImage as readImagePixels } from './read-image.ts';
import { serveRuns as serve } from './serve/serve-runs.ts';
import { openStudy as openStudyFolder } from './study-folder.ts';
import { studyReport as reportOfStudy } from './study-report.ts';
import * as settings from './study-settings.ts';

const OPTIONS = { options: optional(RECORD) };
const PATH = { path: { ...TEXT, description: 'the path of a file' } };
const FOLDER = { folder: { ...TEXT, description: 'the path of a folder' } };

/**
 * Opens Dawn's WebGPU in Node. The environment variable PAREDOWN_DAWN_TOGGLES adds flags of Dawn's, separated by `;`
 * (`backend=null;disable-dawn-features=...`); PAREDOWN_DEFAULT_LIMITS=1 refuses optional features and more than WebGPU's
 * default limits. Throws a NoAdapterError, whose message says how to get an adapter on this system.
 */
export const openGpu = /* @__PURE__ */ checkedAsync("openGpu({ adapter: 'llvmpipe' })", () => OPTIONS, openDawn);

/** The user's own folder for downloads and for what was measured of adapters, which need not exist: below XDG_CACHE_HOME or the system's place. */
export const cacheFolder: () => string = /* @__PURE__ */ checked('cacheFolder()', () => ({}), userCacheFolder);

/**
 * MNIST, 28 x 28 x 1 bytes, 10 classes: the official idx files, gzipped or not, each itself or in a folder of its name, from the
 * first of these folders that holds all four: `dir`, `PAREDOWN_DATA`, the user's cache. Where none does, they are downloaded into `PAREDOWN_DATA/mnist` or else the
 * user's cache, unless `offline`. Throws DataError where the files cannot be had or are damaged, OptionError, AbortError.
 */
export const mnist = /* @__PURE__ */ checkedAsync("mnist({ dir: 'data' })", () => OPTIONS, loadMnist);
/**
 * CIFAR-10, 32 x 32 x 3 bytes (red, green, blue of one pixel after the other), 10 classes, from the first of these folders that
 * suffices: `dir`, `PAREDOWN_DATA`, the user's cache. A folder suffices with the official archive, which is then read, or else
 * with `test_batch.bin` and at least one of `data_batch_1.bin` to `data_batch_5.bin`, gzipped or not: the training images are
 * those of the batches that are there, in this order, so that `train.size + validation.size` tells how many were found. Where no
 * folder suffices, the archive (162 MiB) is downloaded into `PAREDOWN_DATA/cifar-10-batches-bin` or else the user's cache, unless
 * `offline`. Throws DataError where the files cannot be had or are damaged, OptionError, AbortError.
 */
export const cifar10 = /* @__PURE__ */ checkedAsync("cifar10({ dir: 'data' })", () => OPTIONS, loadCifar10);
/**
 * Labeled Faces in the Wild by gender (label 1 = male, 0 = female, as annotators judged), size x size x 1 bytes, 2 classes: four
 * idx files, gzipped or not, of 64 x 64 gray images, from the first of these folders that holds all: `dir`, `PAREDOWN_DATA`, the
 * user's cache. Nobody publishes these files, so that nothing is downloaded. Throws DataError where the files are missing or
 * damaged, OptionError.
 */
export const lfwGender = /* @__PURE__ */ checkedAsync("lfwGender({ dir: 'data' })", () => OPTIONS, loadLfwGender);
/**
 * A person's own images, [height, width, 1 or 3] bytes, from a folder of idx files or of PNG and JPEG images in a folder for each
 * class; see `idxPairs` and `classFolders` for what such a folder holds, `decodeImage` for the pixels, `stratify` for the splits. Labels follow the
 * code points of the class names (idx: the labels' numbers). In each split the images are in the order of a hash of seed and pixels,
 * so that the beginning of one is a random part of it, the same on every machine. Throws OptionError; DataError for a folder that
 * is missing, holds no images, one class alone or one that is too small, and for images that are damaged, that differ in size
 * without `size`, or that together exceed 2 GiB.
 */
export const imageFolder = /* @__PURE__ */ checkedAsync(
  "imageFolder({ dir: 'my-images' })",
  () => ({ options: RECORD }),
  loadImageFolder,
);

/**
 * Data as the commands of paredown name them, and as studies keep where theirs come from: one of `DATA_NAMES`, or the path of a folder as
 * `imageFolder` takes it. `name` is what they are called, `notes` what a person should know of what was found. Throws what the loaders throw.
 */
export const loadData = /* @__PURE__ */ checkedAsync(
  "loadData({ data: 'mnist' })",
  () => ({ source: recordWith({ data: TEXT }), options: optional(recordOf('signal', 'offline', 'onProgress', 'shape')) }),
  loadSource,
);

/**
 * Reads a PNG or JPEG file, or its bytes, by the rules of `imageFolder`: the format is told by the content, what is transparent is
 * laid on white, Exif data turn the image upright, colour profiles and gamma are not applied. Throws DataError for a file that is
 * missing, damaged, of another format or of more than 2^27 pixels; OptionError.
 */
export const readImage = /* @__PURE__ */ checkedAsync(
  "readImage('digit.png')",
  () => ({ source: { description: 'the path of an image, or its bytes', is: (value) => TEXT.is(value) || BYTES.is(value) } }),
  readImagePixels,
);
/**
 * The JSON in a file that a person may have written or edited: UTF-8 or UTF-16, with a byte order mark or without. `name` is what
 * errors call it [the path]. Throws a DataError: with line and column, or, of a file that can't be read, with the system's `code`.
 */
export const readJson = /* @__PURE__ */ checkedAsync(
  "readJson('space.json')",
  () => ({ ...PATH, name: optional(TEXT) }),
  readJsonFile,
);

/** What JSON can write. */
const PLAIN = { description: 'plain data', is: isPlain };

const SAVED = {
  description: 'a Model or a checkpoint',
  is: (value: unknown) => RECORD.is(value) && ('tensors' in (value as object) ? CHECKPOINT.is(value) : MODEL.is(value)),
};
/** Writes a model with its weights and, with `input`, what it takes, and `about`, what else is told of it, as `encodeModel` does, or a checkpoint; the file is whole or as it was before. Throws a ShapeError for weights that do not fit, a DataError for a path that can't be written. */
export const save: {
  (path: string, model: Model, weights: Weights, options?: ModelFileOptions): Promise<void>;
  (path: string, checkpoint: Checkpoint): Promise<void>;
} = /* @__PURE__ */ checkedAsync(
  "save('digits.safetensors', model, await trainer.weights(), { input: trainer.input })",
  () => ({ ...PATH, model: SAVED, weights: optional(WEIGHTS), options: optional(RECORD) }),
  persist.save,
);
/** Reads what `save` wrote. Throws a DataError or ShapeError that names the file; of one that can't be read, with the system's `code`. */
export const load = /* @__PURE__ */ checkedAsync("load('digits.safetensors')", () => PATH, persist.load);
/**
 * Writes `bytes` so that `path` holds either what it held before or all of them, whenever the process or the machine stops:
 * a file beside the target is written, flushed to the disk and renamed over it. Makes the folder where there is none.
 * Throws a DataError that says what is wrong with the path and keeps the system's `code`; nothing is left behind then.
 */
export const writeFileAtomic = /* @__PURE__ */ checkedAsync(
  "writeFileAtomic('curves.svg', svg)",
  () => ({
    ...PATH,
    contents: { description: 'a text or a Uint8Array', is: (value) => typeof value === 'string' || value instanceof Uint8Array },
  }),
  files.writeFileAtomic,
);

/** A run's loss and accuracy against the step as SVG text. The charting library is loaded when a chart is first drawn. */
export const trainingCurves = /* @__PURE__ */ checkedAsync(
  'trainingCurves([{ step: 1, loss: 2.3 }])',
  () => ({ points: listOf(RECORD), options: optional(recordOf('title', 'subtitle', 'width', 'height', 'reference')) }),
  charts.trainingCurves,
);
/** Series of points over two axes as SVG text: lines, points with bars of error, or both. */
export const plot = /* @__PURE__ */ checkedAsync(
  "plot({ x: { name: 'step' }, y: { name: 'loss' }, series: [{ name: 'train', points: [{ x: 1, y: 2.3 }] }] })",
  () => ({
    options: recordWith({
      x: RECORD,
      y: RECORD,
      series: listOf(recordWith({ name: TEXT, points: listOf(RECORD) })),
    }),
  }),
  charts.plot,
);
/** A table of numbers as coloured cells, as SVG text. */
export const heatMap = /* @__PURE__ */ checkedAsync(
  "heatMap({ columns: [1, 2], rows: [1], columnName: 'width', rowName: 'depth', values: [[0.9, 0.8]] })",
  () => ({ options: recordWith({ columns: LIST, rows: LIST, columnName: TEXT, rowName: TEXT, values: listOf(LIST) }) }),
  charts.heatMap,
);

/**
 * A study of `compress` in a folder, which goes on where it was broken off; `context` is `await compressContext(...)`. Trials that are
 * damaged, or of another network, other data or another training, are left out and named in `problems`. Throws a DataError where none is
 * of this one. Only one process may write to it: take `lockFolder` before.
 */
export const openChainStudy = /* @__PURE__ */ checkedAsync(
  "openChainStudy('runs/compress', await compressContext(network, data, options))",
  () => ({ ...FOLDER, context: RECORD }),
  openChainFolder,
);
/** Opens the study in a folder; see `StudyFolder.open`. */
export const openStudy = /* @__PURE__ */ checkedAsync(
  "openStudy('runs/study', await trialContext(data, setup))",
  () => ({ ...FOLDER, context: PLAIN, options: optional(recordOf('readOnly')) }),
  openStudyFolder,
);
/**
 * Takes a folder for this process until the lock is disposed of or the process ends, however it ends. Throws a DataError that names
 * the process that has it; the lock of a process that is gone is cleared away.
 */
export const lockFolder = /* @__PURE__ */ checkedAsync("lockFolder('runs/study')", () => FOLDER, lock);
/** The settings of the study in a folder; undefined where there is none. Throws a DataError where they are damaged. */
export const readStudySettings = /* @__PURE__ */ checkedAsync(
  "readStudySettings('runs/study')",
  () => FOLDER,
  settings.readStudySettings,
);
/** What `studyPage` takes, of the settings of a study and what its folder holds; `testHash`: of the present test set, where it is at hand. */
export const studyReport = /* @__PURE__ */ checked(
  'studyReport(await readStudySettings(folder), await openStudy(folder, context))',
  () => ({ settings: PLAIN, study: recordWith({ records: LIST, conclusions: LIST }) }),
  reportOfStudy,
);
/**
 * What the best network of a study is inside and makes of the validation images, as far as weights, data and an adapter are at hand; what is
 * missing is said in a sentence. Nothing is downloaded. Undefined where no network holds the floor.
 */
export const studyPortrait = /* @__PURE__ */ checkedAsync(
  "studyPortrait('runs/study', await readStudySettings('runs/study'), await openStudy('runs/study', context))",
  () => ({ ...FOLDER, settings: PLAIN, study: recordWith({ records: LIST }) }),
  portraitOfStudy,
);
/**
 * Serves pages of the studies and trainings in these folders, or below them, as they run, for a browser; see `paredown serve`. Throws an
 * OptionError for a file or a port that is none, a DataError where it can't listen there. Dispose of it to end it.
 */
export const serveRuns = /* @__PURE__ */ checkedAsync(
  "serveRuns(['runs'], { port: 0 })",
  () => ({ folders: listOf(TEXT), options: optional(recordOf('port', 'host', 'client')) }),
  serve,
);
/** Writes the settings of a study into its folder, which is made where there is none; the file is whole or as it was before. */
export const writeStudySettings = /* @__PURE__ */ checkedAsync(
  "writeStudySettings('runs/study', settings)",
  () => ({ ...FOLDER, settings: PLAIN }),
  settings.writeStudySettings,
);

function isPlain(value: unknown): boolean {
  if (!RECORD.is(value)) return false;
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}
