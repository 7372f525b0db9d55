// What other programs wrote, with the arguments checked.
import { BYTES, checked, checkedAsync, optional, RECORD } from '../core/arguments.ts';
import type { Value } from '../core/value.ts';
import { type DecodedKeras, decodeKeras as readKeras } from '../import/keras/decode.ts';
import { type DecodedOnnx, decodeOnnx as decode, type OnnxOptions } from '../import/onnx/decode.ts';
import { weightsFrom as takenFrom, type WeightsFromOptions } from '../import/weights/weights-from.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';

/**
 * A network from an ONNX file, as PyTorch, Keras (tf2onnx) and tools for classifiers of images write it: opsets 7 to 26, one input
 * [N, C, H, W], [N, H, W, C], [N, H, W] or [N, size], weights inside of the file. The model takes [h, w, c] or [size], gives what the
 * file's output is (images as [h, w, c]), and can be trained on. `output`: the tensor that it ends with [the graph's output]. `input` as
 * `encodeOnnx` wrote it, or of a file that takes bytes. Throws a DataError, for a damaged file and for whatever has no layer, which names
 * node, operator, attribute and what would be needed.
 */
export const decodeOnnx: (bytes: Uint8Array, options?: OnnxOptions) => DecodedOnnx = /* @__PURE__ */ checked(
  'decodeOnnx(bytes)',
  () => ({ bytes: BYTES, options: optional(RECORD) }),
  decode,
);

/**
 * The weights of a Keras file, as float32, by name: `.keras` and `.weights.h5` of Keras 3 (`conv2d_1/0`, as they number a layer's variables),
 * `.h5` of Keras 2 (`conv2d_1/kernel`). The weights alone: the network is written anew, for `weightsFrom`. Loads the optional package
 * h5wasm. Throws a DataError for a damaged file, and where h5wasm is not installed.
 */
export const decodeKeras: (bytes: Uint8Array) => Promise<DecodedKeras> = /* @__PURE__ */ checkedAsync(
  'decodeKeras(bytes)',
  () => ({ bytes: BYTES }),
  readKeras,
);

/**
 * A model's weights from tensors that another program names and lays out, such as `decodeSafetensors(bytes).tensors` of a PyTorch
 * `state_dict`, or `(await decodeKeras(bytes)).tensors`: PyTorch's filters and matrices are turned, and the rows of dense layers behind
 * flattened images put in our order of elements; Keras' order is ours.
 * `names`: their module for each of our layers, or their tensor for a weight; without it, layers and modules of the same shapes belong
 * together, several of them in the order of the numbers in their names. Throws a DataError where a tensor is missing, left over, of
 * another shape, or where shapes and numbers leave more than one way.
 */
export const weightsFrom: (m: Model, tensors: ReadonlyMap<string, Value>, options: WeightsFromOptions) => Weights =
  /* @__PURE__ */ checked(
    "weightsFrom(model, decodeSafetensors(bytes).tensors, { layout: 'pytorch' })",
    () => ({ model: MODEL, tensors: WEIGHTS, options: RECORD }),
    takenFrom,
  );
