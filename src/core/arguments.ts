import { OptionError } from './errors.ts';
import { shown } from './shown.ts';

/** A kind of argument. */
export interface Kind {
  /** What it is and where it comes from, as an error says it: `a Gpu, which await openGpu() gives`. */
  readonly description: string;
  /** May throw an error of its own, where it knows better what is wrong. */
  is(value: unknown): boolean;
  /** What to do about a value that is often taken for one. */
  hint?(value: unknown): string | undefined;
}

/** Arguments by name, in their order. */
export type Kinds = Readonly<Record<string, Kind>>;

/** Throws an OptionError for the first argument that is not of its kind; `form` shows how the call is written. */
export function checkArguments(form: string, kinds: Kinds, values: readonly unknown[]): void {
  const [name] = form.split('(');
  Object.entries(kinds).forEach(([argument, kind], index) => {
    const value = values[index];
    if (kind.is(value)) return;
    const hint = kind.hint?.(value);
    throw new OptionError(
      `${name}: ${argument} must be ${kind.description}, got ${shown(value)}${hint ? `, ${hint}` : ''}; write ${form}`,
    );
  });
}

/**
 * A function that looks at its arguments before it does anything, since programs without types call it too. Its type is written out
 * in the declarations, unlike `typeof call`, so that an editor shows the comment of what it is assigned to.
 */
export function checked<A extends unknown[], R>(
  form: string,
  kinds: () => Kinds,
  call: (...values: A) => R,
): (...values: A) => R {
  const looked = (...values: A) => {
    checkArguments(form, kinds(), values);
    return call(...values);
  };
  return named(looked, form);
}

/**
 * As `checked`, for a function without options that refuses what is given besides, which else were dropped in silence; `advice` says
 * where it belongs. Not for what a person hands to `map`, which gives more.
 */
export function checkedAlone<A extends unknown[], R>(
  form: string,
  kinds: () => Kinds,
  advice: string,
  call: (...values: A) => R,
): (...values: A) => R {
  const alone = (...values: A) => {
    const known = kinds();
    checkArguments(form, known, values);
    const surplus = values.slice(Object.keys(known).length).find((value) => value !== undefined);
    if (surplus !== undefined)
      throw new OptionError(`${form.split('(')[0]}: takes no options, got ${shown(surplus)}; write ${form}; ${advice}`);
    return call(...values);
  };
  return named(alone, form);
}

/** As `checked`, for a function that gives a promise, which is then rejected. */
export function checkedAsync<A extends unknown[], R>(
  form: string,
  kinds: () => Kinds,
  call: (...values: A) => Promise<R>,
): (...values: A) => Promise<R> {
  const looked = async (...values: A) => {
    checkArguments(form, kinds(), values);
    return call(...values);
  };
  return named(looked, form);
}

function named<F extends object>(call: F, form: string): F {
  return Object.defineProperty(call, 'name', { value: form.split('(')[0] });
}

/** Plain data by name: no array, promise, function, map or typed array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** Throws an OptionError for an option, or for a `what`, that is none of those that `where` takes. */
export function refuseUnknown(where: string, options: object, known: readonly string[], what = 'option'): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new OptionError(`${where}: unknown ${what} '${unknown}'; it takes ${known.join(', ')}`);
}

export const ANY: Kind = { description: 'anything', is: () => true };
export const RECORD: Kind = { description: 'an object', is: isRecord };
export const LIST: Kind = { description: 'an array', is: Array.isArray };
export const TEXT: Kind = { description: 'a text', is: (value) => typeof value === 'string' && value !== '' };
export const NUMBER: Kind = {
  description: 'a finite number',
  is: (value) => typeof value === 'number' && Number.isFinite(value),
};
export const BYTES: Kind = { description: 'a Uint8Array', is: (value) => value instanceof Uint8Array };

/** Whether a value has a member of that name. */
export function has(value: unknown, name: string): value is object {
  return typeof value === 'object' && value !== null && name in value;
}

/** An object with at least these fields, each of its kind, and perhaps others. */
export function recordWith(fields: Kinds): Kind {
  const names = Object.entries(fields);
  return {
    description: `an object with ${names.map(([name, { description }]) => `${name} (${description})`).join(', ')}`,
    is: (value) => isRecord(value) && names.every(([name, kind]) => kind.is(value[name])),
    hint(value) {
      const wrong = isRecord(value) ? names.find(([name, kind]) => !kind.is(value[name])) : undefined;
      return wrong && isRecord(value) ? `whose ${wrong[0]} is ${shown(value[wrong[0]])}` : undefined;
    },
  };
}

/** An object of which no other fields are known. */
export function recordOf(...known: readonly string[]): Kind {
  return {
    description: `an object with no other fields than ${known.join(', ')}`,
    is: (value) => isRecord(value) && Object.keys(value).every((name) => known.includes(name)),
  };
}

export function optional(kind: Kind): Kind {
  return { ...kind, is: (value) => value === undefined || kind.is(value) };
}

/** An array of one kind. */
export function listOf(kind: Kind): Kind {
  return {
    description: `an array, each of it ${kind.description}`,
    is: (value) => Array.isArray(value) && Array.from(value).every(kind.is),
  };
}
