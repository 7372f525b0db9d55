import { InvalidArgumentError } from 'commander';

/** Parsers of what is typed behind an option, for commander. */
export function integer(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`It must be an integer from ${least} to ${most}.`);
    return value;
  };
}

export function positive(text: string): number {
  const value = Number(text);
  // What underflows to zero in float32 would train nothing.
  if (text.trim() === '' || !Number.isFinite(value) || !(Math.fround(value) > 0))
    throw new InvalidArgumentError('It must be a number above 0, such as 1e-4.');
  return value;
}

export function path(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must name a folder.');
  return text;
}

export function file(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must name a file.');
  return text;
}

export function regex(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new InvalidArgumentError('It must be a regular expression.');
  }
}

export function oneOf<T extends string>(...names: readonly T[]) {
  return (text: string): T => {
    const found = names.find((name) => name === text);
    if (!found) throw new InvalidArgumentError(`It must be ${names.join(' or ')}.`);
    return found;
  };
}

/** 0.95 or 95%. */
export function share(text: string): number {
  const value = text.endsWith('%') ? Number((Number(text.slice(0, -1)) / 100).toPrecision(12)) : Number(text);
  if (text.trim() === '' || !(value > 0 && value < 1))
    throw new InvalidArgumentError('It must be a share between 0 and 1, such as 0.95 or 95%.');
  return value;
}

/** The same, or 0. */
export function shareOrNone(text: string): number {
  return Number(text) === 0 && text.trim() !== '' ? 0 : share(text);
}
