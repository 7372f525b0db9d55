import { has, type Kind } from '../core/arguments.ts';

export const TENSOR: Kind = {
  description: 'a Tensor, which `input(name, shape)`, `parameter(...)` and the operations give',
  is: (value) => has(value, 'node') && has(value, 'index') && has(value, 'shape'),
  hint(value) {
    if (typeof value === 'number') return `which as a tensor is parameter('NAME', [], constant(${value}), { trainable: false })`;
    return has(value, 'shape') && has(value, 'data') ? 'which is a value: it goes into `program.run({ x: value })`' : undefined;
  },
};
