import { withoutComments } from './comments.ts';

/**
 * Joins a shader from its file, the shared pieces it names and the constants of one specialisation.
 *
 * A line `//#import name` is replaced by the shared piece of that name, once. Constants come first, as literals: sizes of
 * arrays must be literal in what the driver compiles; those that nothing names are left out, so that kernels which differ in them alone are
 * one. A constant may also name an element type, an alias then; f16 brings the
 * directive that it needs; or it names the shared piece that an import of the constant's name stands for. A number that is `given` is read
 * from a uniform buffer where main begins (once: drivers would read it in each turn of a loop), so that kernels which differ in it are one: it
 * sizes no array, and no constant of the source's own is made of it; main is the last function. There is no other templating. `enable` directives move to the top.
 */
export type Constant =
  | number
  | boolean
  | { readonly f32: number }
  | { readonly i32: number }
  | { readonly given: number }
  | { readonly type: 'f32' | 'f16' }
  | { readonly piece: string };
export type Constants = Readonly<Record<string, Constant>>;

export interface Composed {
  readonly code: string;
  /** The numbers that are given when it runs, one after the other at one binding. */
  readonly numbers: readonly number[];
}

/** `bindings`: how many the source has, from 0 on; that of the numbers that are given follows. */
export function compose(source: string, constants: Constants, library: Readonly<Record<string, string>>, bindings = 0): Composed {
  const enables = new Set<string>();
  const imported = new Set<string>();
  const expand = (text: string): string =>
    text
      .split('\n')
      .map((line) => {
        if (/^\s*enable\s/.test(line)) {
          enables.add(line.trim());
          return '';
        }
        const name = /^\s*\/\/#import (\S+)\s*$/.exec(line)?.[1];
        if (name === undefined) return line;
        if (imported.has(name)) return '';
        imported.add(name);
        const constant = constants[name];
        const piece = library[typeof constant === 'object' && 'piece' in constant ? constant.piece : name];
        if (piece === undefined) throw new Error(`A shader imports '${name}', which is no shared piece`);
        return expand(piece);
      })
      .join('\n');
  const body = expand(source);
  const words = new Set(withoutComments(body).match(/\w+/g));
  const given = new Map<string, number>();
  /** Under which name each is given. */
  const names = new Map<string, string>();
  const prelude = Object.entries(constants).flatMap(([name, value]) => {
    if (!words.has(name)) return [];
    if (typeof value === 'object' && 'given' in value) {
      literal(name, value.given);
      names.set(name, sameRow(name, value.given, given) ?? name);
      if (names.get(name) === name) given.set(name, value.given);
      return [];
    }
    if (typeof value !== 'object' || 'f32' in value || 'i32' in value) return [`const ${name} = ${literal(name, value)};`];
    if ('piece' in value) return [];
    if (value.type === 'f16') enables.add('enable f16;');
    return [`alias ${name} = ${value.type};`];
  });
  const numbers = [...given.values()];
  if (numbers.length === 0) return { code: [...enables, ...prelude, body].join('\n'), numbers };
  const declarations = [
    `struct Given { ${[...given.keys()].map((name) => `${name}: u32`).join(', ')} }`,
    `@group(0) @binding(${bindings}) var<uniform> given_numbers: Given;`,
  ];
  const [functions, main] = splitBehind(body, /\bfn main\([^{]*\{/);
  const outside = functions.replace(/\w+/g, (word) => (names.has(word) ? `given_numbers.${names.get(word)}` : word));
  const reading = [...names].map(([name, source]) => `let ${name} = given_numbers.${source};`).join(' ');
  return { code: [...enables, ...prelude, ...declarations, `${outside} ${reading}${main}`].join('\n'), numbers };
}

/** Of operands whose rows lie equally far apart, one tells how far: so drivers multiply once. */
function sameRow(name: string, number: number, given: ReadonlyMap<string, number>): string | undefined {
  if (!name.endsWith('_ROW')) return undefined;
  return [...given].find(([other, value]) => other.endsWith('_ROW') && value === number)?.[0];
}

function splitBehind(text: string, pattern: RegExp): [string, string] {
  const match = pattern.exec(text);
  if (!match) throw new Error(`There is no ${pattern.source} in a shader that is given numbers`);
  const end = match.index + match[0].length;
  return [text.slice(0, end), text.slice(end)];
}

function literal(name: string, value: number | boolean | { readonly f32: number } | { readonly i32: number }): string {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32)
      throw new Error(`The shader constant ${name} = ${value} is no unsigned 32-bit integer`);
    return `${value}u`;
  }
  if ('i32' in value) return `${value.i32}i`;
  const rounded = Math.fround(value.f32);
  if (!Number.isFinite(rounded) || (rounded === 0 && value.f32 !== 0))
    throw new Error(`The shader constant ${name} = ${value.f32} is no float32`);
  return `${rounded}f`;
}
