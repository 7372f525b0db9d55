import * as v from 'valibot';

/** A recipe as it comes from a store. */
export const RECIPE = v.object({
  epochs: v.number(),
  batch: v.number(),
  learningRate: v.number(),
  seed: v.number(),
  optimizer: v.picklist(['adam', 'adamW', 'rmsprop', 'sgd']),
  augment: v.object({
    shift: v.optional(v.number()),
    rotation: v.optional(v.number()),
    flip: v.optional(v.picklist(['horizontal', 'vertical', 'both'])),
  }),
});
