// What other programs wrote, with the arguments checked.
import { BYTES, checked, optional, RECORD } from '../core/arguments.ts';
import { type DecodedOnnx, decodeOnnx as decode, type OnnxOptions } from '../import/onnx/decode.ts';

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
