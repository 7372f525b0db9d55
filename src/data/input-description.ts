import { isRecord, type Kind, refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { checkFloat32 } from '../core/float32.ts';
import { shown } from '../core/shown.ts';
import { checkShape, formatShape, type Shape } from '../core/value.ts';
import { checkedNames } from './class-names.ts';
import type { Dataset } from './dataset.ts';
import { datasetHash } from './hash.ts';

/** What a person must know to use a trained model: a stored number s of a sample is to the model `s * scale + offset`. */
export interface InputDescription {
  /** Of one sample: [height, width, channels] or [n]. */
  readonly shape: Shape;
  readonly scale: number;
  readonly offset: number;
  /** What the stored numbers are: bytes, as the pixels of an image, or floats ['uint8']. */
  readonly dtype?: 'uint8' | 'float32';
  /** The name of class i at i; of a model with one output, of the classes 0 and 1. */
  readonly classNames?: readonly string[];
  /** The name of the data set it was trained on, and its `datasetHash`. */
  readonly dataName?: string;
  readonly dataHash?: string;
}

const FIELDS = ['shape', 'scale', 'offset', 'dtype', 'classNames', 'dataName', 'dataHash'];

/** A copy, frozen. Throws an OptionError or ShapeError that begins with `where` for what is no description. */
export function checkedInput(where: string, input: unknown): InputDescription {
  if (!isRecord(input))
    throw new OptionError(
      `${where} must be an InputDescription, { shape, scale, offset, classNames? }, which trainer.input gives, got ${shown(input)}`,
    );
  refuseUnknown(where, input, FIELDS);
  const { shape, scale, offset, dtype, classNames, dataName, dataHash } = input;
  if (!Array.isArray(shape) || shape.length === 0)
    throw new OptionError(`${where}: shape must be that of one sample, such as [28, 28, 1], got ${shown(shape)}`);
  checkShape(`${where}: shape`, shape);
  for (const [key, number] of Object.entries({ scale, offset })) {
    if (typeof number !== 'number' || !Number.isFinite(number))
      throw new OptionError(`${where}: ${key} must be a finite number, got ${shown(number)}`);
    checkFloat32(`${where}: ${key}`, number);
  }
  if (dtype !== undefined && dtype !== 'uint8' && dtype !== 'float32')
    throw new OptionError(`${where}: dtype must be 'uint8' or 'float32', got ${shown(dtype)}`);
  for (const [key, text] of Object.entries({ dataName, dataHash }))
    if (text !== undefined && typeof text !== 'string')
      throw new OptionError(`${where}: ${key} must be a text, got ${shown(text)}`);
  return Object.freeze({
    shape: Object.freeze([...shape]),
    scale: scale as number,
    offset: offset as number,
    ...(dtype !== undefined && { dtype }),
    ...(classNames !== undefined && { classNames: checkedNames(where, classNames) }),
    ...(dataName !== undefined && { dataName: dataName as string }),
    ...(dataHash !== undefined && { dataHash: dataHash as string }),
  });
}

/** An InputDescription that comes from outside, looked at by `checkedInput`. */
export const INPUT: Kind = {
  description: 'an InputDescription, which trainer.input gives',
  is: (value) => isRecord(value) && checkedInput('input', value) !== undefined,
};

export async function describeInput(data: Dataset): Promise<InputDescription> {
  return describedBy(data, data.x, await datasetHash(data));
}

/** `x`: some of the samples, which tell what is stored. */
export function describedBy(
  { name, inputShape, scale, offset, classes, classNames }: Omit<Dataset, 'x' | 'y'>,
  x: Dataset['x'],
  dataHash?: string,
): InputDescription {
  return Object.freeze({
    shape: inputShape,
    scale,
    offset,
    dtype: x instanceof Uint8Array ? 'uint8' : 'float32',
    // A copy by hand, with other classes, may have names left of the data set that it was.
    ...(classNames?.length === classes && { classNames }),
    dataName: name,
    ...(dataHash !== undefined && { dataHash }),
  });
}

/** Of a model of which nothing is known but its shape: floats, as the model sees them. */
export function plainInput(shape: Shape): InputDescription {
  return Object.freeze({ shape, scale: 1, offset: 0, dtype: 'float32' });
}

/** Throws an OptionError where a description is not of a model with this input and output, one sample each. */
export function checkInputFits(where: string, { shape, classNames }: InputDescription, input: Shape, output: Shape): void {
  if (formatShape(shape) !== formatShape(input))
    throw new OptionError(`${where}: its shape is ${formatShape(shape)}, but the model takes ${formatShape(input)}`);
  const [outputs = 0] = output;
  const names = classNames?.length ?? outputs;
  // One output tells two classes apart.
  const fits = output.length === 1 && (names === outputs || (outputs === 1 && names === 2));
  if (classNames && !fits)
    throw new OptionError(
      `${where}: ${names} classNames do not fit a model whose output is ${formatShape(output)}; one output needs 2, others as many as they are`,
    );
}
