import { OptionError } from '../core/errors.ts';
import { checkFloat32 } from '../core/float32.ts';
import { shown } from '../core/shown.ts';

export function checkCount(what: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1)
    throw new OptionError(`${what} must be a positive integer, got ${shown(value)}`);
}

export function checkTune(where: string, tune: unknown): void {
  if (tune !== 'off' && tune !== 'quick' && tune !== 'full')
    throw new OptionError(`${where}: tune must be 'off', 'quick' or 'full', got ${shown(tune)}`);
}

export function checkSignal(where: string, signal: unknown): void {
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.addEventListener !== 'function')
    throw new OptionError(`${where}: signal must be an AbortSignal, got ${shown(signal)}`);
}

export function checkRate(what: string, value: unknown): void {
  inRange(what, value, (n) => n > 0, 'a positive number');
}

/** Throws an OptionError unless a number is in its range, before and after it is rounded to float32. */
export function inRange(what: string, value: unknown, holds: (n: number) => boolean, range: string): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || !holds(value))
    throw new OptionError(`${what} must be ${range}, got ${shown(value)}`);
  checkFloat32(what, value);
  const rounded = Math.fround(value);
  if (!Number.isInteger(value) && !holds(rounded))
    throw new OptionError(`${what} must be ${range}, got ${value}, which is ${rounded} in float32`);
}
