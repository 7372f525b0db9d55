import type { Kind } from '../core/arguments.ts';

const has = (value: unknown, name: string) => typeof value === 'object' && value !== null && name in value;

export const TENSOR: Kind = {
  words: 'a Tensor, which `input(name, shape)`, `parameter(...)` and the operations give',
  is: (value) => has(value, 'node') && has(value, 'index') && has(value, 'shape'),
  hint: (value) =>
    has(value, 'shape') && has(value, 'data') ? 'which is a value: it goes into `program.run({ x: value })`' : undefined,
};
