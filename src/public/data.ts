// Data sets, files in memory and reports, with their arguments checked.

import { BYTES, checked, checkedAsync, type Kind, LIST, NUMBER, optional, RECORD, TEXT } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import * as json from '../core/json.ts';
import type { Value } from '../core/value.ts';
import * as sets from '../data/index.ts';
import { DATASET } from '../data/kind.ts';
import * as checkpoints from '../formats/checkpoint.ts';
import * as modelFiles from '../formats/model-file.ts';
import * as containers from '../formats/safetensors.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import { confusionTable as tableOfConfusion } from '../report/confusion.ts';
import { quantizedOr } from './quantized-or.ts';

export { canonicalJson, toJson } from '../core/json.ts';
export { dataset, strokeDigits } from '../data/index.ts';

const TEXTS: Kind = {
  description: 'a Map of texts by name',
  is: (value) => value instanceof Map && [...value].every((entry) => entry.every((text) => typeof text === 'string')),
};

/**
 * Samples `from` (inclusive) to `to` (exclusive) as a data set of their own, on the same memory. Throws OptionError for a range
 * that is empty or reaches outside.
 */
export const subset = /* @__PURE__ */ checked(
  "subset(data, 0, 1000, 'few')",
  () => ({ data: DATASET, from: NUMBER, to: NUMBER, split: TEXT }),
  sets.subset,
);
/**
 * SHA-256, in hexadecimal, of what a model sees of a data set: shapes, kinds, scale, offset, x and y, but neither its name nor
 * its split. It is the hash of a JSON header followed by the hashes of the bytes of x and of y (little-endian), and is computed
 * once for each data set.
 */
export const datasetHash = /* @__PURE__ */ checkedAsync('datasetHash(data)', () => ({ data: DATASET }), sets.datasetHash);
/** What a model that is trained on a data set takes: its shape, scale, offset, class names, name and hash. The same as `trainer.input` after a `fit`. */
export const describeInput = /* @__PURE__ */ checkedAsync('describeInput(train)', () => ({ data: DATASET }), sets.describeInput);
/**
 * The built-in data set: digits drawn by strokes, then distorted, 28 x 28 x 1 bytes, 10 classes. `validation` is as large as
 * `test`. Each sample depends on the seed, its split and its index alone, so that a smaller set is the beginning of a larger
 * one; the bytes are the same in every JavaScript engine. In each split the classes differ by one sample at most, in random
 * order. Throws OptionError for an unknown option or a size that is no positive integer.
 */
export const digits = /* @__PURE__ */ checked(
  'digits({ train: 2000, test: 500 })',
  () => ({ options: optional(RECORD) }),
  sets.digits,
);
/**
 * The classes of quadrants of Babu and Enouen's double-descent study: points ~ N(0, I) in `dimensions` dimensions, label 1 where
 * the product of the coordinates is negative, else 0 (the exclusive or of their signs, in any number of dimensions). `noise` is
 * the share of the training labels, rounded to whole ones, that are flipped (0 to 0.5), always the same ones first; test labels
 * are true. The two splits are drawn from streams of their own: a larger split begins with the smaller one, and changing one
 * leaves the other as it was. The same in every JavaScript engine. Throws OptionError.
 */
export const quadrants = /* @__PURE__ */ checked('quadrants({ points: 140 })', () => ({ options: RECORD }), sets.quadrants);
/**
 * The regression of Babu and Enouen's double-descent study: x uniform in [-pi, pi), shape [1], and the target y = sin(x) +
 * `noise` N(0, 1), shape [1]; the test is without noise. The two splits and the noise are drawn from streams of their own, so
 * that a larger split begins with the smaller one, and noise moves no x. The same in every JavaScript engine. Throws OptionError.
 */
export const sine = /* @__PURE__ */ checked('sine({ points: 100 })', () => ({ options: RECORD }), sets.sine);
/**
 * Reads an idx file (Y. LeCun, C. Cortes, "The MNIST database of handwritten digits"): two zero bytes, the element type, the
 * number of axes, the sizes as big-endian uint32, then the elements, big-endian. Bytes come back as a view on `bytes`, wider
 * elements as a copy. `source` names the file in errors. Throws DataError for anything but a whole file with at least one
 * element.
 */
export const parseIdx = /* @__PURE__ */ checked(
  'parseIdx(bytes)',
  () => ({ bytes: BYTES, source: optional(TEXT) }),
  sets.parseIdx,
);
/**
 * Resizes images of bytes, [n, rows, columns, channels], by area averaging: a new pixel is the mean of the old ones below it,
 * each weighted by the part of it that is covered, rounded to the nearest byte (halves up). The weights are integers, so the
 * means before rounding are exact, the same everywhere, and have the mean of the old image. Throws OptionError for sizes that
 * are no positive integers or do not fit `images`.
 */
export const resizeArea = /* @__PURE__ */ checked(
  'resizeArea(images, [28, 28, 1], [14, 14])',
  () => ({ images: BYTES, from: LIST, to: LIST }),
  sets.resizeArea,
);
/**
 * The split of each of one's own images, 'train', 'validation' or 'test', as `imageFolder` makes them: class by class the distinct images in the
 * order of their hashes, first the share of the test split [0.15], then that of validation [0.1], each rounded, one at least; copies go where
 * their image goes. Hashes with another seed in them make other splits. A split that occurs among the images is taken as it is, and the others
 * are made of those given for training. Throws a DataError for a class that has too few distinct images.
 */
export const stratify = /* @__PURE__ */ checked(
  "stratify([{ label: 0, hash: '5f..' }], classNames, { validation: 0.1, test: 0.15 })",
  () => ({ images: LIST, classNames: LIST, shares: optional(RECORD) }),
  sets.stratify,
);

/**
 * A model and its weights as a safetensors file, the model as JSON in the metadata, with `input` what it takes and what its classes are
 * called, and with `about` what else is to be told of it, any object that JSON can keep. Throws a ShapeError, naming the tensor, when the weights are not those of the model, an OptionError for an `input` of another model.
 */
export const encodeModel: typeof modelFiles.encodeModel = /* @__PURE__ */ quantizedOr(
  0,
  (): never => {
    throw new OptionError(
      'encodeModel: a safetensors file holds floats alone; use encodeCompressed(quantized), which decodeModel reads too',
    );
  },
  /* @__PURE__ */ checked(
    'encodeModel(model, await trainer.weights(), { input: trainer.input })',
    () => ({ model: MODEL, weights: WEIGHTS, options: optional(RECORD) }),
    modelFiles.encodeModel,
  ),
);
/**
 * Values by name, such as `await program.weights()`, as a safetensors file of float32 tensors, with texts as metadata [none]. Throws a
 * ShapeError for a value that contradicts itself.
 */
export const encodeSafetensors = /* @__PURE__ */ checked(
  'encodeSafetensors(await program.weights())',
  () => ({ tensors: WEIGHTS, metadata: optional(TEXTS) }),
  (tensors: ReadonlyMap<string, Value>, metadata: ReadonlyMap<string, string> = new Map()): Uint8Array =>
    containers.encodeSafetensors(tensors, metadata),
);
/**
 * The tensors, as float32, and the metadata of any safetensors file: of floats of 16, 32 and 64 bits, integers and booleans; what float32
 * does not hold is rounded. Throws a DataError for a damaged file or another element type.
 */
export const decodeSafetensors = /* @__PURE__ */ checked(
  'decodeSafetensors(bytes)',
  () => ({ bytes: BYTES }),
  containers.decodeSafetensors,
);
/** A checkpoint as a safetensors file that carries a checksum of itself. Every float32 keeps its bits. */
export const encodeCheckpoint = /* @__PURE__ */ checked(
  'encodeCheckpoint(await trainer.checkpoint())',
  () => ({ checkpoint: checkpoints.CHECKPOINT }),
  checkpoints.encodeCheckpoint,
);
/** Reads what `encodeCheckpoint` wrote. Throws a DataError when a single byte is not as it was written. */
export const decodeCheckpoint = /* @__PURE__ */ checked(
  'decodeCheckpoint(bytes)',
  () => ({ bytes: BYTES }),
  checkpoints.decodeCheckpoint,
);
/** What `toJson` wrote: the strings "NaN", "Infinity" and "-Infinity" become numbers, and a text that is spelt so loses the apostrophe that was put before it. Throws a SyntaxError for what is no JSON. */
export const fromJson = /* @__PURE__ */ checked("fromJson('{}')", () => ({ text: TEXT }), json.fromJson);
/**
 * The confusion matrix [classes, classes] (rows: the true class, columns: the predicted one) as text for a terminal, with the
 * share of each class that was recognised, and with names beside their numbers where they are given. Throws a ShapeError unless there are
 * classes x classes counts, an OptionError unless each class has a name of its own.
 */
export const confusionTable = /* @__PURE__ */ checked(
  'confusionTable(evaluation.confusion, 10, data.classNames)',
  () => ({
    confusion: { description: 'rows of counts', is: (value) => Array.isArray(value) || value instanceof Uint32Array },
    classes: NUMBER,
    classNames: optional(LIST),
  }),
  tableOfConfusion,
);
