// Networks in the formats of others, with their arguments checked.
import { checked, optional, RECORD } from '../core/arguments.ts';
import * as c from '../export/c/encode.ts';
import * as integers from '../export/c/int8/encode.ts';
import * as html from '../export/html/encode.ts';
import * as onnx from '../export/onnx/encode.ts';
import * as size from '../export/size.ts';
import * as tflite from '../export/tflite/encode.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { QUANTIZED } from '../quantize/kind.ts';
import type { QuantizedModel } from '../quantize/types.ts';
import { orItsQuantization, type Quantization } from './or-its-quantization.ts';
import { quantizedOr } from './quantized-or.ts';

/**
 * A network as an ONNX file (opset 17, IR version 9), float32, of any batch. Its input `input` and its output `output` have the shapes,
 * and their elements the order, of `predict`: images [N,H,W,C]; inside they lie channel by channel. `input`, what the model takes, is
 * kept as JSON under that key in the file's metadata_props; with `bytesIn` [false] the input is uint8, scaled inside as it says. `softmax`
 * ends with one where the model does not [false]. Throws a ShapeError for weights of another model, a DataError for weights that are not
 * finite, and an OptionError for an option that is unknown or wrong, and for what ONNX can't say, which names the layer. Of a quantised
 * model, given in place of these or as `quantization`, weights are int8 with a scale for each output channel, and values of 8 bits between
 * layers are rounded to them (QuantizeLinear, DequantizeLinear); input, output and a softmax are float32.
 */
export const encodeOnnx: {
  (model: Model, weights: Weights, options?: onnx.OnnxFileOptions & Quantization): Uint8Array;
  (quantized: QuantizedModel, options?: onnx.OnnxFileOptions): Uint8Array;
} = /* @__PURE__ */ quantizedOr(
  0,
  /* @__PURE__ */ checked(
    'encodeOnnx(quantized, { input: trainer.input })',
    () => ({ quantized: QUANTIZED, options: optional(RECORD) }),
    onnx.encodeOnnxQuantized,
  ),
  /* @__PURE__ */ checked(
    'encodeOnnx(model, await trainer.weights(), { input: trainer.input })',
    () => ({ model: MODEL, weights: WEIGHTS, options: optional(RECORD) }),
    /* @__PURE__ */ orItsQuantization('encodeOnnx', onnx.encodeOnnxQuantized, onnx.encodeOnnx),
  ),
);

/**
 * A network as C99, float32, by file name: NAME.h, NAME.c and, where there are `vectors` [3], NAME_test.c, a program that runs so many inputs,
 * compares with float64 and prints "ok". No allocation, and no library but <stdint.h>, and <math.h> where a layer needs it: constants stay in
 * flash, values lie in an arena of the caller's, as large as the header says. With `input` come a function for what is stored, pixels
 * as bytes, and the names of the classes. `name`: what files and functions are called ['network']; `softmax` ends with one where the model
 * does not [false]. A quantised model, its activations of 8 bits, is computed in integers alone, those that `predictor` gives, its weights packed
 * in their bits. Throws a ShapeError for weights of another model, a DataError for weights that are not finite, and an OptionError for a name
 * that C does not take and for what C can't say, which names the layer.
 */
export const encodeC: {
  (model: Model, weights: Weights, options?: (c.COptions | integers.CIntegersOptions) & Quantization): Record<string, string>;
  (quantized: QuantizedModel, options?: integers.CIntegersOptions): Record<string, string>;
} = /* @__PURE__ */ quantizedOr(
  0,
  /* @__PURE__ */ checked(
    "encodeC(quantized, { name: 'digits' })",
    () => ({ quantized: QUANTIZED, options: optional(RECORD) }),
    integers.encodeCIntegers,
  ),
  /* @__PURE__ */ checked(
    "encodeC(model, await trainer.weights(), { input: trainer.input, name: 'digits' })",
    () => ({ model: MODEL, weights: WEIGHTS, options: optional(RECORD) }),
    /* @__PURE__ */ orItsQuantization('encodeC', integers.encodeCIntegers, c.encodeC),
  ),
);
/** What the C code of a network takes, as its header tells it: bytes of constants in flash, beside the code, and of the arena in RAM. */
export const sizeOfC: {
  (model: Model, weights: Weights): c.CSize;
  (quantized: QuantizedModel): c.CSize;
} = /* @__PURE__ */ quantizedOr(
  0,
  /* @__PURE__ */ checked('sizeOfC(quantized)', () => ({ quantized: QUANTIZED }), integers.sizeOfCIntegers),
  /* @__PURE__ */ checked('sizeOfC(model, await trainer.weights())', () => ({ model: MODEL, weights: WEIGHTS }), c.sizeOfC),
);

/**
 * A network as a TensorFlow Lite file, float32, or integers of 8 bits of a quantised model, for one sample: input [1, ...] and output
 * [1, ...], in the order of `predict`. `input`, what the model takes, is kept as JSON in the file's metadata of that name. `softmax` ends with
 * one where the model does not [false]. `io`: what the input and the output of a quantised model hold, 'float32' or 'int8' ['float32'].
 * Throws a ShapeError for weights of another model, a DataError for weights that are not finite, and an OptionError for an option that is
 * unknown or wrong, for a layer that has no form outside of paredown, which it names, for other bits than 8, and for weights beyond 1 GiB.
 */
export const encodeTflite: {
  (
    model: Model,
    weights: Weights,
    options?: (tflite.TfliteFileOptions | tflite.TfliteIntegersOptions) & Quantization,
  ): Uint8Array;
  (quantized: QuantizedModel, options?: tflite.TfliteIntegersOptions): Uint8Array;
} = /* @__PURE__ */ quantizedOr(
  0,
  /* @__PURE__ */ checked(
    "encodeTflite(quantized, { io: 'int8' })",
    () => ({ quantized: QUANTIZED, options: optional(RECORD) }),
    tflite.encodeTfliteIntegers,
  ),
  /* @__PURE__ */ checked(
    'encodeTflite(model, await trainer.weights(), { input: trainer.input })',
    () => ({ model: MODEL, weights: WEIGHTS, options: optional(RECORD) }),
    /* @__PURE__ */ orItsQuantization('encodeTflite', tflite.encodeTfliteIntegers, tflite.encodeTflite),
  ),
);

/**
 * A network as a page: one HTML file that classifies by itself, in plain JavaScript, and asks for nothing but itself (its content security
 * policy allows no request). Images of one or three channels are drawn, chosen, dropped, pasted or come from a camera, and are scaled as
 * `classifier` does; of other inputs, and without an `input` of bytes, the page takes numbers. Its `window.paredown.classify(image)`
 * gives `[{ class, index, probability }]`, `predict(values)` the outputs. `title`: the heading [the name of the data]; `softmax`: these
 * outputs end with one where the model does not [false]. A quantised model is computed in the integers that `predictor` gives, with
 * activations in floats by its weights in float32. Throws a ShapeError for weights of another model and for an output that is not
 * [classes], a DataError for weights that are not finite, and an OptionError for an option that is unknown or wrong, for what has no form
 * outside of paredown, which names the layer, and for weights beyond 16 MiB.
 */
export const encodeHtml: {
  (model: Model, weights: Weights, options?: (html.HtmlOptions | html.HtmlIntegersOptions) & Quantization): string;
  (quantized: QuantizedModel, options?: html.HtmlIntegersOptions): string;
} = /* @__PURE__ */ quantizedOr(
  0,
  /* @__PURE__ */ checked(
    'encodeHtml(quantized, { input: trainer.input })',
    () => ({ quantized: QUANTIZED, options: optional(RECORD) }),
    html.encodeHtmlQuantized,
  ),
  /* @__PURE__ */ checked(
    'encodeHtml(model, await trainer.weights(), { input: trainer.input })',
    () => ({ model: MODEL, weights: WEIGHTS, options: optional(RECORD) }),
    /* @__PURE__ */ orItsQuantization('encodeHtml', html.encodeHtmlQuantized, html.encodeHtml),
  ),
);

/**
 * What a network takes, with its weights or without, or a quantised one: `parameters`, `weightBytes` as they are held, and `fileBytes` of each
 * format, of C its constants; undefined for a format that can't say what the network is, and for 'compressed' without weights.
 */
export const sizeOf: {
  (model: Model, weights?: Weights): size.NetworkSize;
  (quantized: QuantizedModel): size.NetworkSize;
} = /* @__PURE__ */ quantizedOr(
  0,
  /* @__PURE__ */ checked('sizeOf(quantized)', () => ({ quantized: QUANTIZED }), size.sizeOfQuantized),
  /* @__PURE__ */ checked('sizeOf(model)', () => ({ model: MODEL, weights: optional(WEIGHTS) }), size.sizeOf),
);
