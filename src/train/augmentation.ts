import { isRecord, refuseUnknown } from '../core/arguments.ts';
import { OptionError, ShapeError } from '../core/errors.ts';
import { checkFloat32 } from '../core/float32.ts';
import type { Pair } from '../core/geometry.ts';
import { shown } from '../core/shown.ts';
import { formatShape, type Shape } from '../core/value.ts';
import type { AugmentationSpec } from '../kernels/augmentation.ts';

/**
 * What to do at random to each image of a training batch, drawn anew for each sample and step, uniformly; plain data. What is left out
 * is not done. In this order: scale, rotation and shift; crop; flip; erase.
 */
export interface Augmentation {
  /** Whole pixels to either side at the most: [down or up, right or left], or one number for both. */
  readonly shift?: number | Pair;
  /** Degrees to either side at the most, about the centre: up to 180. */
  readonly rotation?: number;
  /** [least, largest] factor of the image's size, about the centre: from 0.01 to 100. */
  readonly scale?: Pair;
  /** Mirror half of the images: left to right, top to bottom, or each independently. */
  readonly flip?: 'horizontal' | 'vertical' | 'both';
  /** Pixels to pad with: [above and below, left and right], or one number for both; an image's size is taken out anywhere. */
  readonly crop?: number | Pair;
  /** Overwrite a rectangle of [height, width] pixels (or a square) inside the image, with a probability [1]. */
  readonly erase?: { readonly size: number | Pair; readonly probability?: number };
  /** The value, as the model sees it, where no pixel is [what a zero of the data set's stored values is: its offset]. */
  readonly fill?: number;
}

const WHERE = 'trainer: augment';

/** Checks an augmentation and fills in defaults; undefined where it does nothing. Throws an OptionError that names what is wrong. */
export function augmentationSpec(augment: Augmentation | undefined): AugmentationSpec | undefined {
  if (augment === undefined) return undefined;
  if (!isRecord(augment as unknown))
    throw new OptionError(`${WHERE} must be an object such as { shift: 2, rotation: 10 }, got ${shown(augment)}`);
  const { shift = 0, rotation = 0, scale = [1, 1], flip, crop = 0, erase, fill, ...rest } = augment;
  refuseUnknown(WHERE, rest, ['shift', 'rotation', 'scale', 'flip', 'crop', 'erase', 'fill']);
  const shifts = pixels('shift', shift, 0);
  const padding = pixels('crop', crop, 0);
  numberIn('rotation', rotation, 0, 180);
  if (!Array.isArray(scale) || scale.length !== 2 || !(scale[0] <= scale[1]))
    throw new OptionError(`${WHERE}: scale must be [least, largest], got ${shown(scale)}`);
  for (const factor of scale) numberIn('scale', factor, 0.01, 100);
  if (flip !== undefined && flip !== 'horizontal' && flip !== 'vertical' && flip !== 'both')
    throw new OptionError(`${WHERE}: flip must be 'horizontal', 'vertical' or 'both', got ${shown(flip)}`);
  if (fill !== undefined) numberIn('fill', fill, -3e38, 3e38);
  const erased = eraseSpec(erase);
  const does = [...shifts, ...padding, rotation, erased.probability].some((size) => size > 0);
  if (!does && scale[0] === 1 && scale[1] === 1 && flip === undefined) return undefined;
  return {
    shift: shifts,
    rotation,
    scale: [scale[0], scale[1]],
    flip: flip ?? 'none',
    crop: padding,
    erase: erased,
    fill: fill ?? null,
  };
}

/** Throws where samples of shape `input` can't be augmented so. */
export function checkAugmentable({ shift, crop, erase }: AugmentationSpec, input: Shape): void {
  const [height = 0, width = 0] = input;
  if (input.length !== 3)
    throw new ShapeError(`${WHERE} needs images [height, width, channels], but the model's input is ${formatShape(input)}`);
  for (const [name, [down, right], most] of [
    ['shift', shift, [height - 1, width - 1]],
    ['crop', crop, [height - 1, width - 1]],
    ['erase: size', erase.size, [height, width]],
  ] as const)
    if (down > most[0] || right > most[1])
      throw new OptionError(
        `${WHERE}: ${name} is [${down}, ${right}], but the images are ${height} x ${width}; at most [${most.join(', ')}] is possible`,
      );
}

function eraseSpec(erase: Augmentation['erase']): AugmentationSpec['erase'] {
  if (erase === undefined) return { size: [1, 1], probability: 0 };
  if (typeof erase !== 'object' || erase === null)
    throw new OptionError(`${WHERE}: erase must be { size, probability }, got ${shown(erase)}`);
  const { size, probability = 1, ...rest } = erase;
  refuseUnknown(`${WHERE}: erase`, rest, ['size', 'probability']);
  const sides = pixels('erase: size', size, 1);
  numberIn('erase: probability', probability, 0, 1);
  return { size: sides, probability };
}

function pixels(name: string, value: unknown, least: number): Pair {
  const pair: unknown[] = Array.isArray(value) ? value : [value, value];
  const [down, right] = pair;
  const isSize = (size: unknown): size is number => typeof size === 'number' && Number.isSafeInteger(size) && size >= least;
  if (pair.length !== 2 || !isSize(down) || !isSize(right))
    throw new OptionError(
      `${WHERE}: ${name} must be whole pixels of at least ${least}, or [down, right] of them, got ${shown(value)}`,
    );
  return [down, right];
}

function numberIn(name: string, value: unknown, least: number, most: number): void {
  if (typeof value !== 'number' || !(value >= least && value <= most))
    throw new OptionError(`${WHERE}: ${name} must be from ${least} to ${most}, got ${shown(value)}`);
  checkFloat32(`${WHERE}: ${name}`, value);
}
