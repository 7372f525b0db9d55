/** A field of a layer that the editor shows. */
export type Field =
  | { readonly name: string; readonly kind: 'number' | 'pair' }
  | { readonly name: string; readonly kind: 'choice'; readonly choices: readonly string[] };

const ACTIVATIONS = ['relu', 'leakyRelu', 'relu6', 'elu', 'gelu', 'silu', 'sigmoid', 'tanh', 'hardSwish', 'hardSigmoid'];

const number = (name: string): Field => ({ name, kind: 'number' });
const pair = (name: string): Field => ({ name, kind: 'pair' });
const padding: Field = { name: 'padding', kind: 'choice', choices: ['valid', 'same'] };
/** '' is no activation. */
const activation: Field = { name: 'activation', kind: 'choice', choices: ['', ...ACTIVATIONS] };

/** By type of layer; the other fields are in its JSON. */
const FIELDS: Readonly<Record<string, readonly Field[]>> = {
  conv2d: [number('filters'), pair('kernel'), pair('strides'), padding, activation],
  depthwiseConv2d: [pair('kernel'), pair('strides'), padding, activation],
  maxPool2d: [pair('size'), pair('strides'), padding],
  avgPool2d: [pair('size'), pair('strides'), padding],
  dense: [number('units'), activation],
  dropout: [number('rate')],
  activation: [{ name: 'activation', kind: 'choice', choices: ACTIVATIONS }],
  upsample2d: [pair('factor')],
};

export const fieldsOf = (type: string): readonly Field[] => FIELDS[type] ?? [];

/** Layers around other layers: edited as JSON. */
const CONTAINERS = new Set(['branch', 'residual', 'gate', 'repeat', 'merge']);
export const isContainer = (type: string): boolean => CONTAINERS.has(type);

/** What a text says: a number, two of them (3 x 5), or itself where it is neither, so that an error can name it. */
export function valueIn(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const one = Number(trimmed);
  if (Number.isFinite(one)) return one;
  const parts = trimmed.split(/\s*[x×,]\s*|\s+/);
  const two = parts.map(Number);
  return parts.length === 2 && !parts.includes('') && two.every(Number.isFinite) ? two : text;
}

/** A value as it is typed. */
export function textOf(value: unknown): string {
  if (!Array.isArray(value)) return value === undefined ? '' : String(value);
  return value.every((one) => one === value[0]) ? String(value[0]) : value.join(' x ');
}

/** Whether a text says the value: then it is left as it was typed. */
export const says = (text: string, value: unknown): boolean => textOf(valueIn(text)) === textOf(value);
