import { has, type Kind } from '../core/arguments.ts';

export const TENSOR: Kind = {
  description: 'a Tensor, which `input(name, shape)`, `parameter(...)` and the operations give',
  is: (value) => has(value, 'node') && has(value, 'index') && has(value, 'shape'),
  hint: (value) =>
    has(value, 'shape') && has(value, 'data') ? 'which is a value: it goes into `program.run({ x: value })`' : undefined,
};
