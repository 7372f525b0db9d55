import { isRecord, refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { checkFloat32 } from '../core/float32.ts';
import { checkPadding, type Padding, type Pair } from '../core/geometry.ts';
import { shown } from '../core/shown.ts';
import type { Init } from './initialisers.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Throws an OptionError unless `value` is a plain object. */
export function asFields(where: string, what: string, value: unknown): Fields {
  if (!isRecord(value)) throw new OptionError(`${where}: ${what} must be an object, got ${shown(value)}`);
  return value;
}

export function positiveInteger(where: string, what: string, value: unknown): number {
  if (!isPositiveInteger(value)) throw new OptionError(`${where}: ${what} must be a positive integer, got ${shown(value)}`);
  return value;
}

/** A pair of positive integers; one number stands for both. */
export function pair(where: string, what: string, value: unknown): Pair {
  if (isPositiveInteger(value)) return [value, value];
  if (Array.isArray(value) && value.length === 2 && isPositiveInteger(value[0]) && isPositiveInteger(value[1]))
    return [value[0], value[1]];
  throw new OptionError(`${where}: ${what} must be a positive integer or two of them, [height, width], got ${shown(value)}`);
}

export function padding(where: string, value: unknown): Padding {
  return checkPadding(where, value === undefined ? 'valid' : value);
}

export function boolean(where: string, what: string, value: unknown, missing: boolean): boolean {
  if (value === undefined) return missing;
  if (typeof value !== 'boolean') throw new OptionError(`${where}: ${what} must be true or false, got ${shown(value)}`);
  return value;
}

/** A finite number, which float32 can hold, for which `holds`; `range` says in words what that is. Never -0, which JSON would not keep. */
export function number(where: string, what: string, value: unknown, range: string, holds: (n: number) => boolean): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || !holds(value))
    throw new OptionError(`${where}: ${what} must be a number ${range}, got ${shown(value)}`);
  checkFloat32(`${where}: ${what}`, value);
  return value + 0;
}

/** A layer's own name, or undefined. */
export function optionalName(where: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '' || value.includes('/'))
    throw new OptionError(`${where}: name must be a string that is not empty and has no '/', got ${shown(value)}`);
  return value;
}

/** The shape of one sample: [height, width, channels] or [size]. */
export function sampleShape(where: string, what: string, value: unknown): readonly number[] {
  if (!Array.isArray(value) || (value.length !== 3 && value.length !== 1) || !value.every(isPositiveInteger))
    throw new OptionError(
      `${where}: ${what} must be [height, width, channels] or [size] of positive integers, got ${shown(value)}`,
    );
  return [...value];
}

/** A text that is not empty. */
export function text(where: string, what: string, value: unknown): string {
  if (typeof value !== 'string' || value === '')
    throw new OptionError(`${where}: ${what} must be a text that is not empty, got ${shown(value)}`);
  return value;
}

export function oneOf<T extends string>(where: string, what: string, value: unknown, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    throw new OptionError(
      `${where}: ${what} must be ${choices.map((choice) => `'${choice}'`).join(' or ')}, got ${shown(value)}`,
    );
  return found;
}

const initParameters: Readonly<Record<Init['type'], readonly string[]>> = {
  normal: ['stddev'],
  truncatedNormal: ['stddev'],
  heNormal: [],
  glorotUniform: [],
  zeros: [],
  constant: ['value'],
};

export function init(where: string, what: string, value: unknown, missing: Init): Init {
  if (value === undefined) return missing;
  const fields = asFields(where, what, value);
  const type = fields.type;
  if (typeof type !== 'string' || !Object.hasOwn(initParameters, type))
    throw new OptionError(
      `${where}: the type of ${what} must be one of ${Object.keys(initParameters).join(', ')}, got ${shown(type)}`,
    );
  const known = type as Init['type'];
  refuseUnknown(`${where}: ${what}`, fields, ['type', ...initParameters[known]], 'field');
  if (known === 'constant')
    return { type: known, value: number(where, `the value of ${what}`, fields.value, 'that is finite', () => true) };
  if (known === 'normal' || known === 'truncatedNormal')
    return { type: known, stddev: number(where, `the stddev of ${what}`, fields.stddev, 'of at least 0', (n) => n >= 0) };
  return { type: known };
}

function isPositiveInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
