import { decodeModel as readModel } from '../compress/read-model.ts';
import { BYTES, checked } from '../core/arguments.ts';

/**
 * Reads what `encodeModel` or `encodeCompressed` wrote; of a network in integers also `quantized`, of which `weights` are the float32
 * values. Throws a DataError for a damaged file and a ShapeError for weights of another model.
 */
export const decodeModel = /* @__PURE__ */ checked('decodeModel(bytes)', () => ({ bytes: BYTES }), readModel);
