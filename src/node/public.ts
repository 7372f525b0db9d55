// What needs Node, with its arguments checked.
import { BYTES, checkedAsync, LIST, listOf, optional, RECORD, recordOf, recordWith, TEXT } from '../core/arguments.ts';
import { CHECKPOINT } from '../formats/checkpoint.ts';
import { openGpu as openDawn } from '../gpu/dawn.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import * as charts from './charts.ts';
import { cifar10 as loadCifar10 } from './cifar10.ts';
import * as files from './files.ts';
import { lockFolder as lock } from './folder-lock.ts';
import { imageFolder as loadImageFolder } from './image-folder.ts';
import { readJson as readJsonFile } from './json-file.ts';
import { lfwGender as loadLfwGender } from './lfw-gender.ts';
import { mnist as loadMnist } from './mnist.ts';
import * as persist from './persist.ts';
import { readImage as readImagePixels } from './read-image.ts';
import { openStudy as openStudyFolder } from './study-folder.ts';
import * as settings from './study-settings.ts';

const OPTIONS = { options: optional(RECORD) };
const PATH = { path: { ...TEXT, words: 'the path of a file' } };
const FOLDER = { folder: { ...TEXT, words: 'the path of a folder' } };

export const openGpu = /* @__PURE__ */ checkedAsync("openGpu({ adapter: 'llvmpipe' })", OPTIONS, openDawn);

export const mnist = /* @__PURE__ */ checkedAsync("mnist({ dir: 'data' })", OPTIONS, loadMnist);
export const cifar10 = /* @__PURE__ */ checkedAsync("cifar10({ dir: 'data' })", OPTIONS, loadCifar10);
export const lfwGender = /* @__PURE__ */ checkedAsync("lfwGender({ dir: 'data' })", OPTIONS, loadLfwGender);
export const imageFolder = /* @__PURE__ */ checkedAsync(
  "imageFolder({ dir: 'my-images' })",
  { options: RECORD },
  loadImageFolder,
);

export const readImage = /* @__PURE__ */ checkedAsync(
  "readImage('digit.png')",
  { source: { words: 'the path of an image, or its bytes', is: (value) => TEXT.is(value) || BYTES.is(value) } },
  readImagePixels,
);
export const readJson = /* @__PURE__ */ checkedAsync("readJson('space.json')", { ...PATH, name: optional(TEXT) }, readJsonFile);

/** What JSON can write. */
const PLAIN = { words: 'plain data', is: isPlain };

const SAVED = {
  words: 'a Model or a checkpoint',
  is: (value: unknown) => RECORD.is(value) && ('tensors' in (value as object) ? CHECKPOINT.is(value) : MODEL.is(value)),
};
export const save = /* @__PURE__ */ checkedAsync(
  "save('digits.safetensors', model, await trainer.weights())",
  { ...PATH, model: SAVED, weights: optional(WEIGHTS) },
  persist.save,
);
export const load = /* @__PURE__ */ checkedAsync("load('digits.safetensors')", PATH, persist.load);
export const writeFileAtomic = /* @__PURE__ */ checkedAsync(
  "writeFileAtomic('curves.svg', svg)",
  {
    ...PATH,
    contents: { words: 'a text or a Uint8Array', is: (value) => typeof value === 'string' || value instanceof Uint8Array },
  },
  files.writeFileAtomic,
);

export const trainingCurves = /* @__PURE__ */ checkedAsync(
  'trainingCurves([{ step: 1, loss: 2.3 }])',
  { points: listOf(RECORD), options: optional(recordOf('title', 'subtitle', 'width', 'height', 'reference')) },
  charts.trainingCurves,
);
export const plot = /* @__PURE__ */ checkedAsync(
  "plot({ x: { name: 'step' }, y: { name: 'loss' }, series: [{ name: 'train', points: [{ x: 1, y: 2.3 }] }] })",
  {
    options: recordWith({
      x: RECORD,
      y: RECORD,
      series: listOf(recordWith({ name: TEXT, points: listOf(RECORD) })),
    }),
  },
  charts.plot,
);
export const heatMap = /* @__PURE__ */ checkedAsync(
  "heatMap({ columns: [1, 2], rows: [1], columnName: 'width', rowName: 'depth', values: [[0.9, 0.8]] })",
  { options: recordWith({ columns: LIST, rows: LIST, columnName: TEXT, rowName: TEXT, values: listOf(LIST) }) },
  charts.heatMap,
);

export const openStudy = /* @__PURE__ */ checkedAsync(
  "openStudy('runs/study', await trialContext(data, setup))",
  { ...FOLDER, context: PLAIN, options: optional(recordOf('readOnly')) },
  openStudyFolder,
);
export const lockFolder = /* @__PURE__ */ checkedAsync("lockFolder('runs/study')", FOLDER, lock);
export const readStudySettings = /* @__PURE__ */ checkedAsync(
  "readStudySettings('runs/study')",
  FOLDER,
  settings.readStudySettings,
);
export const writeStudySettings = /* @__PURE__ */ checkedAsync(
  "writeStudySettings('runs/study', settings)",
  { ...FOLDER, settings: PLAIN },
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
