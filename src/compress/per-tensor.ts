import { isRecord } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';

/** One number for all filters and matrices, or one each by name (`conv2d_1/filter`); what is not named stays as it is. */
export type PerTensor = number | Readonly<Record<string, number>>;

/** Whether a parameter is a filter or a matrix, not a bias, nor of a normalisation. */
export function isMatrix(name: string): boolean {
  return /\/(?:filter|weights)$/.test(name);
}

/** By the names of those that are meant. Throws an OptionError for a number that does not hold, which `range` says in words, and for a name that is none. */
export function perTensor(
  where: string,
  given: unknown,
  range: string,
  holds: (n: number) => boolean,
  names: readonly string[],
): ReadonlyMap<string, number> {
  const checked = (what: string, value: unknown): number => {
    if (typeof value !== 'number' || !holds(value))
      throw new OptionError(`${what} must be a number ${range}, got ${shown(value)}`);
    return value;
  };
  if (!isRecord(given)) {
    const value = checked(where, given);
    return new Map(names.filter(isMatrix).map((name) => [name, value]));
  }
  if (Object.keys(given).length === 0) throw new OptionError(`${where} names no tensor; give a number, or leave it out`);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new OptionError(`${where}: there is no '${unknown}'; filters and matrices are ${names.filter(isMatrix).join(', ')}`);
  return new Map(Object.entries(given).map(([name, value]) => [name, checked(`${where}: '${name}'`, value)]));
}
