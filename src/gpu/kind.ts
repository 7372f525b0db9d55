import { has, type Kind } from '../core/arguments.ts';

export const GPU: Kind = {
  description: 'a Gpu, which `await openGpu()` gives',
  is: (value) => has(value, 'device') && has(value, 'pipelines') && has(value, 'check'),
  hint: (value) => (has(value, 'createShaderModule') ? 'which is a device without what the engine keeps beside it' : undefined),
};
