// Networks in the formats of others, with their arguments checked.
import { checked, optional, RECORD } from '../core/arguments.ts';
import * as c from '../export/c/encode.ts';
import * as onnx from '../export/onnx/encode.ts';
import * as tflite from '../export/tflite/encode.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';

/**
 * A network as an ONNX file (opset 17, IR version 9), float32, of any batch. Its input `input` and its output `output` have the shapes,
 * and their elements the order, of `predict`: images [N,H,W,C]; inside they lie channel by channel. `input`, what the model takes, is
 * kept as JSON under that key in the file's metadata_props; with `bytesIn` [false] the input is uint8, scaled inside as it says. `softmax`
 * ends with one where the model does not [false]. Throws a ShapeError for weights of another model, a DataError for weights that are not
 * finite, and an OptionError for an option that is unknown or wrong, and for what ONNX can't say, which names the layer.
 */
export const encodeOnnx: (model: Model, weights: Weights, options?: onnx.OnnxFileOptions) => Uint8Array = /* @__PURE__ */ checked(
  'encodeOnnx(model, await trainer.weights(), { input: trainer.input })',
  () => ({ model: MODEL, weights: WEIGHTS, options: optional(RECORD) }),
  onnx.encodeOnnx,
);

/**
 * A network as C99, float32, by file name: NAME.h, NAME.c and, where there are `vectors` [3], NAME_test.c, a program that runs so many inputs,
 * compares with float64 and prints "ok". No allocation, and no library but <stdint.h>, and <math.h> where a layer needs it: constants stay in
 * flash, values lie in an arena of the caller's, as large as the header says. With `input` come a function for what is stored, pixels
 * as bytes, and the names of the classes. `name`: what files and functions are called ['network']; `softmax` ends with one where the model
 * does not [false]. Throws a ShapeError for weights of another model, a DataError for weights that are not finite, and an OptionError for
 * a name that C does not take and for what C can't say, which names the layer.
 */
export const encodeC: (model: Model, weights: Weights, options?: c.COptions) => Record<string, string> = /* @__PURE__ */ checked(
  "encodeC(model, await trainer.weights(), { input: trainer.input, name: 'digits' })",
  () => ({ model: MODEL, weights: WEIGHTS, options: optional(RECORD) }),
  c.encodeC,
);
/** What the C code of a network takes, as its header tells it: bytes of constants in flash, beside the code, and of the arena in RAM. */
export const sizeOfC: (model: Model, weights: Weights) => c.CSize = /* @__PURE__ */ checked(
  'sizeOfC(model, await trainer.weights())',
  () => ({ model: MODEL, weights: WEIGHTS }),
  c.sizeOfC,
);

/**
 * A network as a TensorFlow Lite file, float32, for one sample: input [1, ...] and output [1, ...], in the order of `predict`. `input`, what
 * the model takes, is kept as JSON in the file's metadata of that name. `softmax` ends with one where the model does not [false]. Throws a
 * ShapeError for weights of another model, a DataError for weights that are not finite, and an OptionError for an option that is unknown
 * or wrong, for a layer that has no form outside of paredown, which it names, and for weights beyond 1 GiB.
 */
export const encodeTflite: (model: Model, weights: Weights, options?: tflite.TfliteFileOptions) => Uint8Array =
  /* @__PURE__ */ checked(
    'encodeTflite(model, await trainer.weights(), { input: trainer.input })',
    () => ({ model: MODEL, weights: WEIGHTS, options: optional(RECORD) }),
    tflite.encodeTflite,
  );
