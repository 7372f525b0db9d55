import type { Kind } from '../core/arguments.ts';

const has = (value: unknown, name: string) => typeof value === 'object' && value !== null && name in value;

export const GPU: Kind = {
  words: 'a Gpu, which `await openGpu()` gives',
  is: (value) => has(value, 'device') && has(value, 'pipelines') && has(value, 'check'),
  hint: (value) => (has(value, 'createShaderModule') ? 'which is a device without what the engine keeps beside it' : undefined),
};
