// Networks in the formats of others, with their arguments checked.
import { checked, optional, RECORD } from '../core/arguments.ts';
import * as onnx from '../export/onnx/encode.ts';
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
