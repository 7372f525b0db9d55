import { has } from '../core/arguments.ts';
import { OptionError, ShapeError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { checkValue, elements, formatShape, type Shape, sameShape, type Value } from '../core/value.ts';
import type { InputDescription } from '../data/input-description.ts';
import { onWhite } from '../data/on-white.ts';
import { fitted } from '../data/pixels.ts';
import { MAXIMUM_SIDE } from '../data/resize.ts';

/** Bytes [height, width, channels], as ImageData and `readImage` have them: grey, grey and alpha, red, green and blue, or these and alpha. */
export interface PixelArray {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
  /** [what the length of data tells] */
  readonly channels?: number;
}

/** What a browser can draw: an ImageBitmap or a canvas. */
export type Drawable =
  | { readonly width: number; readonly height: number; close(): void }
  | { readonly width: number; readonly height: number; getContext(kind: '2d'): unknown };

/** One image: its pixels, of any size; or, of the model's input shape, bytes as the data had them, or a value as the model sees it. */
export type ClassifierImage = PixelArray | Drawable | Uint8Array | Uint8ClampedArray | Value;

const KINDS =
  'ImageData, an ImageBitmap, a canvas, { width, height, data }, a Uint8Array or a Value { shape, data }, or an array of such images';

/** The numbers that the model sees of an image. Throws an OptionError or ShapeError that begins with `where`. */
export function sampleOf(where: string, image: unknown, shape: Shape, input: InputDescription | undefined): Float32Array {
  if (has(image, 'shape') && !ArrayBuffer.isView(image)) return floatsOf(where, image as unknown as Value, shape);
  const scaled = scaling(where, shape, input);
  if (image instanceof Uint8Array || image instanceof Uint8ClampedArray) {
    if (image.length === elements(shape)) return scaled(image);
    throw new ShapeError(
      `${where}: the model takes ${formatShape(shape)}, ${elements(shape)} bytes, got ${image.length}; give { width, height, data } for an image of another size`,
    );
  }
  if (!has(image, 'width') || !has(image, 'height')) throw new OptionError(`${where} must be ${KINDS}, got ${shown(image)}`);
  return scaled(imageBytes(where, image as unknown as PixelArray | Drawable, shape));
}

/** The bytes [height, width, channels] that images become for a model that takes that shape. */
export function imageBytes(where: string, image: PixelArray | Drawable, shape: Shape): Uint8Array {
  const [rows, columns, channels] = shape;
  if (rows === undefined || columns === undefined || (channels !== 1 && channels !== 3))
    throw new ShapeError(
      `${where}: the model takes ${formatShape(shape)}, not an image [height, width, 1 or 3]; give ${elements(shape)} bytes, or a Value of its shape`,
    );
  return fitted(pixelsOf(where, image), [rows, columns], channels);
}

function floatsOf(where: string, value: Value, shape: Shape): Float32Array {
  checkValue(where, value);
  if (!sameShape(value.shape, shape) && !sameShape(value.shape, [1, ...shape]))
    throw new ShapeError(
      `${where}: a Value must be of one sample, ${formatShape(shape)}, got ${formatShape(value.shape)}; give several as an array of values`,
    );
  return value.data;
}

/** From bytes as the data had them to what the model sees: x * scale + offset in float32, as in training. */
function scaling(where: string, shape: Shape, input: InputDescription | undefined): (bytes: ArrayLike<number>) => Float32Array {
  const value = `a Value { shape: [${shape.join(', ')}], data } of what the model sees`;
  if (!input)
    throw new OptionError(
      `${where}: nothing tells how the model's input was scaled; give ${value}, or make the classifier with an input: ` +
        'classifier(gpu, { model, weights, input: { shape: model.input, scale: 1 / 255, offset: 0 } }), for pixels from 0 to 1',
    );
  if (input.dtype === 'float32')
    throw new OptionError(`${where}: the model was trained on floats, not on bytes or images; give ${value}`);
  const [scale, offset] = [Math.fround(input.scale), Math.fround(input.offset)];
  return (bytes) => {
    const floats = new Float32Array(bytes.length);
    for (let i = 0; i < floats.length; i++) floats[i] = Math.fround((bytes[i] as number) * scale) + offset;
    return floats;
  };
}

function pixelsOf(where: string, image: PixelArray | Drawable) {
  const { width, height } = image;
  for (const [key, side] of Object.entries({ width, height }))
    if (!Number.isInteger(side) || side < 1 || side > MAXIMUM_SIDE)
      throw new ShapeError(`${where}: ${key} must be an integer from 1 to ${MAXIMUM_SIDE}, got ${shown(side)}`);
  const { data, channels: told } = 'data' in image ? image : drawn(where, image);
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray))
    throw new OptionError(`${where}: data must be a Uint8Array or Uint8ClampedArray, got ${shown(data)}`);
  const channels = told ?? data.length / (width * height);
  if (![1, 2, 3, 4].includes(channels) || channels * width * height !== data.length)
    throw new ShapeError(
      `${where}: ${width} x ${height} pixels of ${told ?? '1 to 4'} channels are ${told ? told * width * height : `${width * height} bytes a channel`}, but data has ${data.length} bytes`,
    );
  const bytes = onWhite({ data, channels, largest: 255 });
  return { rows: height, columns: width, channels: channels < 3 ? 1 : 3, bytes } as const;
}

/** The pixels of what a browser can draw. */
function drawn(where: string, image: Drawable): PixelArray {
  if (!('close' in image || 'getContext' in image)) throw new OptionError(`${where} must be ${KINDS}, got ${shown(image)}`);
  const { width, height } = image;
  const context = typeof OffscreenCanvas === 'undefined' ? null : new OffscreenCanvas(width, height).getContext('2d');
  if (!context)
    throw new OptionError(
      `${where}: there is no OffscreenCanvas here to read it by; give its ImageData, or { width, height, data }`,
    );
  context.drawImage(image as unknown as ImageBitmap, 0, 0);
  return context.getImageData(0, 0, width, height);
}
