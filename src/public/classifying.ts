import { checked, checkedAsync, has, type Kind, LIST, optional, RECORD, recordWith } from '../core/arguments.ts';
import { checkShape, type Shape } from '../core/value.ts';
import type { DecodedModel } from '../formats/model-file.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { GPU } from '../gpu/kind.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import { type Classifier, classifier as makeClassifier } from '../train/classifier.ts';
import * as images from '../train/classifier-input.ts';

const DECODED: Kind = {
  ...recordWith({ model: MODEL, weights: WEIGHTS }),
  description: 'a model with its weights, { model, weights, input? }, which decodeModel(bytes) and await load(path) give',
};

const IMAGE: Kind = {
  description: 'ImageData, an ImageBitmap, a canvas or { width, height, data }',
  is: (value) => has(value, 'width') && has(value, 'height'),
};

/**
 * A model with its weights, as `decodeModel` and `load` give them, ready to tell what images show: `classify(image)` gives the classes, the
 * most probable first, each `{ class, index, probability }`. An image is ImageData, an ImageBitmap, a canvas or `{ width, height, data }` of any
 * size, averaged by area as `imageFolder` does; or a Uint8Array or Value of the model's input shape. Probabilities sum to 1, but where the
 * model ends with several sigmoids. Of arrays of images `batch` run at a time [64], a single one at the speed of one. Throws a ShapeError
 * where weights or output do not fit, a LimitError.
 */
export const classifier: (gpu: Gpu, decoded: DecodedModel, options?: { readonly batch?: number }) => Promise<Classifier> =
  /* @__PURE__ */ checkedAsync(
    'classifier(gpu, decodeModel(bytes))',
    () => ({ gpu: GPU, decoded: DECODED, options: optional(RECORD) }),
    makeClassifier,
  );

/**
 * The bytes [height, width, 1 or 3] of an image of any size, as `classify` gives them to a model that takes `shape`, and `imageFolder` to one
 * that is trained. Throws a ShapeError for a shape that is no image's.
 */
export const imageBytes: (image: images.PixelArray | images.Drawable, shape: Shape) => Uint8Array = /* @__PURE__ */ checked(
  'imageBytes({ width, height, data }, model.input)',
  () => ({ image: IMAGE, shape: LIST }),
  (image: images.PixelArray | images.Drawable, shape: Shape) => {
    checkShape('imageBytes: shape', shape);
    return images.imageBytes('imageBytes: the image', image, shape);
  },
);
