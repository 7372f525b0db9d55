// Data sets, files in memory and reports, with their arguments checked.
import { BYTES, checked, checkedAsync, LIST, NUMBER, optional, RECORD, TEXT } from '../core/arguments.ts';
import * as json from '../core/json.ts';
import * as sets from '../data/index.ts';
import { DATASET } from '../data/kind.ts';
import * as checkpoints from '../formats/checkpoint.ts';
import * as modelFiles from '../formats/model-file.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import { confusionTable as tableOfConfusion } from '../report/confusion.ts';

export const { dataset, strokeDigits } = sets;
export const subset = /* @__PURE__ */ checked(
  "subset(data, 0, 1000, 'few')",
  { data: DATASET, from: NUMBER, to: NUMBER, split: TEXT },
  sets.subset,
);
export const datasetHash = /* @__PURE__ */ checkedAsync('datasetHash(data)', { data: DATASET }, sets.datasetHash);
export const digits = /* @__PURE__ */ checked('digits({ train: 2000, test: 500 })', { options: optional(RECORD) }, sets.digits);
export const quadrants = /* @__PURE__ */ checked('quadrants({ points: 140 })', { options: RECORD }, sets.quadrants);
export const sine = /* @__PURE__ */ checked('sine({ points: 100 })', { options: RECORD }, sets.sine);
export const parseIdx = /* @__PURE__ */ checked('parseIdx(bytes)', { bytes: BYTES, source: optional(TEXT) }, sets.parseIdx);
export const resizeArea = /* @__PURE__ */ checked(
  'resizeArea(images, [28, 28, 1], [14, 14])',
  { images: BYTES, from: LIST, to: LIST },
  sets.resizeArea,
);

export const encodeModel = /* @__PURE__ */ checked(
  'encodeModel(model, weights)',
  { model: MODEL, weights: WEIGHTS },
  modelFiles.encodeModel,
);
export const decodeModel = /* @__PURE__ */ checked('decodeModel(bytes)', { bytes: BYTES }, modelFiles.decodeModel);
export const encodeCheckpoint = /* @__PURE__ */ checked(
  'encodeCheckpoint(await trainer.checkpoint())',
  { checkpoint: checkpoints.CHECKPOINT },
  checkpoints.encodeCheckpoint,
);
export const decodeCheckpoint = /* @__PURE__ */ checked(
  'decodeCheckpoint(bytes)',
  { bytes: BYTES },
  checkpoints.decodeCheckpoint,
);
export const { toJson } = json;
export const fromJson = /* @__PURE__ */ checked("fromJson('{}')", { text: TEXT }, json.fromJson);
export const confusionTable = /* @__PURE__ */ checked(
  'confusionTable(evaluation.confusion, 10)',
  {
    confusion: { words: 'rows of counts', is: (value) => Array.isArray(value) || value instanceof Uint32Array },
    classes: NUMBER,
  },
  tableOfConfusion,
);
