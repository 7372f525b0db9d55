import * as v from 'valibot';

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const bits = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(23));

/** A chain of parsed JSON. */
export const chainSchema = v.array(
  v.variant('type', [
    v.strictObject({ type: v.literal('filters'), share }),
    v.strictObject({ type: v.literal('factorize'), energy: share }),
    v.strictObject({ type: v.literal('prune'), sparsity: share }),
    v.strictObject({
      type: v.literal('quantize'),
      weights: v.picklist([8, 6, 5, 4, 3, 2]),
      activations: v.picklist([8, 'float']),
    }),
    v.strictObject({ type: v.literal('share'), bits }),
    v.strictObject({ type: v.literal('round'), bits }),
  ]),
);
