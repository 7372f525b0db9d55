import type { Pair } from '../core/geometry.ts';
import type { Constants } from '../gpu/composer.ts';

/** What is done to each image of a training batch, drawn for each sample; every choice made. shaders/lib/augmentation.wgsl has the order. */
export interface AugmentationSpec {
  /** Whole pixels down or up, and right or left, at the most. */
  readonly shift: Pair;
  /** Degrees to either side at the most. */
  readonly rotation: number;
  /** The least and the largest factor. */
  readonly scale: Pair;
  readonly flip: 'none' | 'horizontal' | 'vertical' | 'both';
  /** Pixels of padding above and below, and left and right. */
  readonly crop: Pair;
  /** Height and width in pixels, and the share of images. */
  readonly erase: { readonly size: Pair; readonly probability: number };
  /** Where no pixel is; null: what a zero of the data set's stored values is to the model, its offset. */
  readonly fill: number | null;
}

/** `image` is [height, width, channels]; `offset` the data set's. */
export function augmentationConstants(spec: AugmentationSpec, image: readonly number[], offset: number): Constants {
  const [height = 1, width = 1, channels = 1] = image;
  const { shift, rotation, scale, flip, crop, erase } = spec;
  return {
    HEIGHT: height,
    WIDTH: width,
    CHANNELS: channels,
    SHIFT_Y: shift[0],
    SHIFT_X: shift[1],
    WARP: rotation > 0 || scale[0] !== 1 || scale[1] !== 1,
    QUARTER_TURN: { f32: (rotation / 4) * (Math.PI / 180) },
    SCALE_LEAST: { f32: scale[0] },
    SCALE_SPAN: { f32: scale[1] - scale[0] },
    CROP_Y: crop[0],
    CROP_X: crop[1],
    FLIP_Y: flip === 'vertical' || flip === 'both',
    FLIP_X: flip === 'horizontal' || flip === 'both',
    ERASE_HEIGHT: erase.size[0],
    ERASE_WIDTH: erase.size[1],
    ERASE_THRESHOLD: Math.round(erase.probability * 2 ** 24),
    FILL: { f32: spec.fill ?? offset },
  };
}
