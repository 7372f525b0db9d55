import { isRecord, refuseUnknown } from '../core/arguments.ts';
import { DataError, OptionError } from '../core/errors.ts';
import { checkFloat32 } from '../core/float32.ts';
import { shown } from '../core/shown.ts';
import { checkShape, elements, formatShape, type Shape } from '../core/value.ts';
import { namesOfClasses } from './class-names.ts';

/**
 * Samples with labels (`classes`) or with targets (`targetShape`): one of the two, never both. The value that a model sees is
 * `x * scale + offset`. `x` holds `size` samples of `inputShape` in row-major order; `y` holds a class index for each sample,
 * or `size` targets of `targetShape`.
 */
export interface Dataset {
  readonly name: string;
  readonly split: string;
  readonly size: number;
  readonly inputShape: Shape;
  readonly x: Uint8Array | Float32Array;
  readonly scale: number;
  readonly offset: number;
  readonly y: Uint8Array | Int32Array | Float32Array;
  readonly classes?: number;
  /** The name of class i at i, where samples have labels. */
  readonly classNames?: readonly string[];
  readonly targetShape?: Shape;
  /** Of a larger network, [size, classes], where samples have labels: what the loss 'distillation' learns from. */
  readonly teacherLogits?: Float32Array;
}

/** What `dataset` takes: a Dataset whose name, split, size, scale and offset may be left out. */
export type DatasetOptions = Pick<Dataset, 'inputShape' | 'y'> &
  Partial<Omit<Dataset, 'x'>> & { readonly x: Dataset['x'] | Uint8ClampedArray };

const OPTIONS = 'name split size inputShape x scale offset y classes classNames targetShape teacherLogits'.split(' ');

/**
 * A checked, frozen data set on the caller's arrays (no copy). Defaults: name 'dataset', split 'all', size from `x`, scale 1/255
 * for bytes and 1 for floats, offset 0. Throws OptionError for an option that is unknown or of the wrong kind, ShapeError for a
 * shape that is none, DataError for data that are empty, contradict the sizes, or hold NaN, infinities or impossible labels.
 */
export function dataset(options: DatasetOptions): Dataset {
  return datasetAt(undefined, options);
}

/** `dataset`, of what errors call otherwise than by name and split. */
export function datasetAt(called: string | undefined, options: DatasetOptions): Dataset {
  if (!isRecord(options))
    throw new OptionError(
      `dataset: the options must be an object, got ${shown(options)}; write dataset({ inputShape: [28, 28, 1], x, y, classes: 10 })`,
    );
  refuseUnknown('dataset', options, OPTIONS);
  const { name = 'dataset', split = 'all', y, classes, classNames, targetShape, teacherLogits, offset = 0 } = options;
  if (typeof name !== 'string' || typeof split !== 'string') throw new OptionError('dataset: name and split must be strings');
  const x = plainBytes(options.x);
  const where = called ?? `data set "${name}", split "${split}"`;
  if (!(x instanceof Uint8Array || x instanceof Float32Array))
    throw new OptionError(`${where}: x must be a Uint8Array (or Uint8ClampedArray) or a Float32Array, got ${shown(x)}`);
  if (!(y instanceof Uint8Array || y instanceof Int32Array || y instanceof Float32Array))
    throw new OptionError(`${where}: y must be a Uint8Array, an Int32Array or a Float32Array, got ${shown(y)}`);
  const inputShape = copyShape(`${where}: inputShape`, options.inputShape);
  if (inputShape.length === 0) throw new OptionError(`${where}: inputShape must have at least one axis, such as [28, 28, 1]`);
  const { scale = x instanceof Uint8Array ? 1 / 255 : 1 } = options;
  for (const [key, number] of Object.entries({ scale, offset })) {
    if (typeof number !== 'number' || !Number.isFinite(number))
      throw new OptionError(`${where}: ${key} must be a finite number, got ${shown(number)}`);
    checkFloat32(`${where}: ${key}`, number);
  }

  const size = checkInputs(where, x, inputShape, options.size);
  const common = { name, split, size, inputShape, x, scale, offset, y };
  const names = namesFor(where, classNames, classes);
  if (classes !== undefined && targetShape === undefined) {
    checkLabels(where, y, size, classes);
    if (teacherLogits !== undefined) checkTeacher(where, teacherLogits, size, classes);
    return checked({ ...common, classes, ...names, ...(teacherLogits && { teacherLogits }) });
  }
  if (targetShape !== undefined && classes === undefined) {
    if (teacherLogits !== undefined)
      throw new OptionError(`${where}: teacherLogits belong to labels (classes), but it has targets (targetShape)`);
    const shape = copyShape(`${where}: targetShape`, targetShape);
    checkTargets(where, y, size, shape);
    return checked({ ...common, targetShape: shape });
  }
  throw new OptionError(
    `${where}: give either classes (y holds class indices) or targetShape (y holds values to regress), ` +
      `got ${classes === undefined ? 'neither' : 'both'}`,
  );
}

export function subset(data: Dataset, from: number, to: number, split: string): Dataset {
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to > data.size || from >= to)
    throw new OptionError(
      `subset of data set "${data.name}", split "${data.split}": samples ${from} to ${to} are no range ` +
        `of its ${data.size} samples`,
    );
  const input = elements(data.inputShape);
  const target = elements(data.targetShape ?? []);
  const { classes = 0, teacherLogits } = data;
  return checked({
    ...data,
    split,
    size: to - from,
    x: data.x.subarray(from * input, to * input),
    y: data.y.subarray(from * target, to * target),
    ...(teacherLogits && { teacherLogits: teacherLogits.subarray(from * classes, to * classes) }),
  });
}

/** Class names that `dataset` gave out. */
const given = new WeakSet<object>();

/** Names that came along with a data set whose classes were replaced (`dataset({ ...digits, classes: 2 })`) are that set's alone. */
function namesFor(where: string, names: Dataset['classNames'], classes: number | undefined): Pick<Dataset, 'classNames'> {
  if (names === undefined || (given.has(names) && names.length !== classes)) return {};
  const classNames = namesOfClasses(where, names, classes);
  given.add(classNames);
  return { classNames };
}

const known = new WeakSet<Dataset>();

function checked(data: Dataset): Dataset {
  known.add(data);
  return Object.freeze(data);
}

/** Whether `dataset` or `subset` made it. */
export function isDataset(value: unknown): value is Dataset {
  return typeof value === 'object' && value !== null && known.has(value as Dataset);
}

/** The pixels of a canvas are a Uint8ClampedArray: the same bytes. */
function plainBytes(x: unknown): unknown {
  return x instanceof Uint8ClampedArray ? new Uint8Array(x.buffer, x.byteOffset, x.length) : x;
}

function checkInputs(where: string, x: Dataset['x'], inputShape: Shape, size: number | undefined): number {
  const sample = elements(inputShape);
  const found = x.length / sample;
  if (size !== undefined && (!Number.isSafeInteger(size) || size < 0))
    throw new OptionError(`${where}: size must be a number of samples, got ${shown(size)}`);
  if (x.length === 0 || size === 0) throw new DataError(`${where} is empty: it needs at least one sample`);
  if (found !== (size ?? Math.floor(found)))
    throw new DataError(
      `${where}: x has ${x.length} elements, but ${size === undefined ? 'whole' : size} samples of ` +
        `${formatShape(inputShape)} have ${size === undefined ? `a multiple of ${sample}` : size * sample}`,
    );
  const bad = firstNotFinite(x);
  if (bad >= 0)
    throw new DataError(
      `${where}: x[${bad}] is ${x[bad]}, in sample ${Math.floor(bad / sample)}; every value must be a finite number`,
    );
  return found;
}

function checkLabels(where: string, y: Dataset['y'], size: number, classes: number): void {
  if (!Number.isSafeInteger(classes) || classes < 1)
    throw new OptionError(`${where}: classes must be a positive integer, got ${shown(classes)}`);
  if (y.length !== size) throw new DataError(`${where}: ${size} samples but ${y.length} labels; each sample needs one label`);
  for (let index = 0; index < size; index++) {
    const label = y[index] as number;
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      throw new DataError(
        `${where}: the label of sample ${index} is ${label}; with ${classes} classes a label is ` +
          `an integer from 0 to ${classes - 1}`,
      );
  }
}

function checkTeacher(where: string, logits: unknown, size: number, classes: number): void {
  if (!(logits instanceof Float32Array))
    throw new OptionError(`${where}: teacherLogits must be a Float32Array, got ${shown(logits)}`);
  if (logits.length !== size * classes)
    throw new DataError(
      `${where}: teacherLogits has ${logits.length} elements, but ${size} samples of ${classes} classes have ${size * classes}`,
    );
  const bad = firstNotFinite(logits);
  if (bad >= 0)
    throw new DataError(
      `${where}: teacherLogits[${bad}] is ${logits[bad]}, in sample ${Math.floor(bad / classes)}; every value must be a finite number`,
    );
}

function checkTargets(where: string, y: Dataset['y'], size: number, targetShape: Shape): void {
  const target = elements(targetShape);
  if (y.length !== size * target)
    throw new DataError(
      `${where}: y has ${y.length} elements, but ${size} targets of ${formatShape(targetShape)} have ${size * target}`,
    );
  const bad = firstNotFinite(y);
  if (bad >= 0)
    throw new DataError(
      `${where}: y[${bad}] is ${y[bad]}, in sample ${Math.floor(bad / target)}; every value must be a finite number`,
    );
}

/** The index of the first NaN or infinity, or -1. */
function firstNotFinite(values: Dataset['x'] | Dataset['y']): number {
  return values instanceof Float32Array ? values.findIndex((value) => !Number.isFinite(value)) : -1;
}

function copyShape(what: string, shape: unknown): Shape {
  if (!Array.isArray(shape)) throw new OptionError(`${what} must be an array of sizes, got ${shown(shape)}`);
  checkShape(what, shape);
  return Object.freeze([...shape]);
}
