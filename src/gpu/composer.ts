import { withoutComments } from './comments.ts';

/**
 * Joins a shader from its file, the shared pieces it names and the constants of one specialisation.
 *
 * A line `//#import name` is replaced by the shared piece of that name, once. Constants come first, as literals: sizes of
 * arrays must be literal in what the driver compiles; those that nothing names are left out, so that kernels which differ in them alone are
 * one. A constant may also name an element type, an alias then; f16 brings the
 * directive that it needs; or it names the shared piece that an import of the constant's name stands for. There is no other
 * templating. `enable` directives move to the top.
 */
export type Constant =
  | number
  | boolean
  | { readonly f32: number }
  | { readonly i32: number }
  | { readonly type: 'f32' | 'f16' }
  | { readonly piece: string };
export type Constants = Readonly<Record<string, Constant>>;

export function compose(source: string, constants: Constants, library: Readonly<Record<string, string>>): string {
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
  const prelude = Object.entries(constants).flatMap(([name, value]) => {
    if (!words.has(name)) return [];
    if (typeof value !== 'object' || 'f32' in value || 'i32' in value) return [`const ${name} = ${literal(name, value)};`];
    if ('piece' in value) return [];
    if (value.type === 'f16') enables.add('enable f16;');
    return [`alias ${name} = ${value.type};`];
  });
  return [...enables, ...prelude, body].join('\n');
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
