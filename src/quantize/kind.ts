import { isRecord, type Kind } from '../core/arguments.ts';
import { OptionError, ShapeError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { elements, formatShape, sameShape } from '../core/value.ts';
import { MODEL } from '../model/kind.ts';
import { parametersOf } from '../model/resolve.ts';
import { isQuantizedTensor, largestInteger, type QuantizedModel, type QuantizedTensor } from './types.ts';

export const WEIGHT_BITS = [8, 6, 5, 4, 3, 2] as const;
export const ACTIVATION_BITS = [8, 'float'] as const;

/** A QuantizedModel, looked through once. */
export const QUANTIZED: Kind = {
  description:
    'a QuantizedModel, which `await quantize(gpu, model, weights, { calibration })` and `await trainer.quantized()` give',
  is: isQuantized,
};

/** Throws an error of what is wrong with one that looks like it. */
export function isQuantized(value: unknown): value is QuantizedModel {
  if (!isRecord(value) || !('bits' in value) || !('weights' in value)) return false;
  if (known.has(value)) return true;
  checkQuantized(value);
  known.add(value);
  return true;
}

/** Those that were found right. */
const known = new WeakSet<object>();

function checkQuantized({ model, weights, bits, activations, rounding }: Readonly<Record<string, unknown>>): void {
  if (!MODEL.is(model)) throw new OptionError(`quantised model: model must be ${MODEL.description}, got ${shown(model)}`);
  if (!(weights instanceof Map) || !(activations instanceof Map))
    throw new OptionError('quantised model: weights and activations must be Maps by name');
  const { weights: own, activations: between } = isRecord(bits) ? bits : {};
  const weightBits = WEIGHT_BITS.find((one) => one === own);
  if (weightBits === undefined || !ACTIVATION_BITS.some((one) => one === between))
    throw new OptionError(
      `quantised model: bits must be { weights: ${WEIGHT_BITS.join(' | ')}, activations: 8 | 'float' }, got ${shown(bits)}`,
    );
  if (rounding !== undefined && rounding !== 'twice')
    throw new OptionError(
      `quantised model: rounding must be 'twice', or left out where sums are rounded once, got ${shown(rounding)}`,
    );
  for (const [name, one] of activations)
    if (!isRecord(one) || !isScale(one.scale) || !Number.isInteger(one.zeroPoint) || Math.abs(Number(one.zeroPoint) + 0.5) > 128)
      throw new OptionError(
        `quantised model: the scale of '${name}' must be { scale above 0, zeroPoint of 8 bits }, got ${shown(one)}`,
      );
  const parameters = parametersOf(model as QuantizedModel['model']);
  for (const { name, shape } of parameters) {
    const tensor: QuantizedModel['weights'] extends ReadonlyMap<string, infer T> ? T | undefined : never = weights.get(name);
    if (!tensor || !sameShape(tensor.shape, shape))
      throw new ShapeError(`quantised model: '${name}' must have shape ${formatShape(shape)}, got ${shown(tensor?.shape)}`);
    if (isQuantizedTensor(tensor)) checkTensor(name, tensor, largestInteger(weightBits));
    else if (tensor.data.length !== elements(shape))
      throw new ShapeError(`quantised model: '${name}' has ${tensor.data.length} elements, not ${elements(shape)}`);
  }
  if (weights.size !== parameters.length)
    throw new ShapeError(`quantised model: it has ${weights.size} tensors, but its model has ${parameters.length} parameters`);
}

function checkTensor(name: string, { shape, integers, axis, scales }: QuantizedTensor, most: number): void {
  if (integers.length !== elements(shape) || scales.length !== shape[axis])
    throw new ShapeError(
      `quantised model: '${name}' ${formatShape(shape)} needs ${elements(shape)} integers and ${shape[axis]} scales, got ${integers.length} and ${scales.length}`,
    );
  if (integers instanceof Int8Array && integers.some((integer) => Math.abs(integer) > most))
    throw new OptionError(`quantised model: '${name}' has integers beyond ${most}, the largest of its bits`);
  // The product of two scales, which a bias has, may be too small for a float.
  const wrong = scales.find((scale) => !isScale(scale) && !(scale === 0 && integers instanceof Int32Array));
  if (wrong !== undefined)
    throw new OptionError(`quantised model: the scales of '${name}' must be finite and above 0, got ${shown(wrong)}`);
}

function isScale(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && Number.isFinite(value);
}

/** Throws an OptionError for a softmax that is asked for at the end of a network in integers. */
export function checkNoSoftmax(where: string, softmax: unknown): void {
  if (softmax !== false)
    throw new OptionError(
      `${where}: softmax must be false for a quantised model, since none has a form in integers, got ${shown(softmax)}; leave it out: the largest output is the class`,
    );
}
