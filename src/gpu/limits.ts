import type { Gpu } from './gpu.ts';

/** The most bytes that one storage binding may show, and the limit that says so. */
export interface BindingLimit {
  readonly limit: 'maxStorageBufferBindingSize' | 'maxBufferSize' | 'maxIndexedBytes';
  readonly bytes: number;
}

/** What 32-bit indices reach, in bytes: shaders count elements in u32, and drivers multiply them by their size in 32 bits. */
export const INDEXED_BYTES = 2 ** 32 - 4;

export function bindingLimit({ limits }: Pick<Gpu, 'limits'>): BindingLimit {
  const all: readonly BindingLimit[] = [
    { limit: 'maxStorageBufferBindingSize', bytes: limits.maxStorageBufferBindingSize },
    { limit: 'maxBufferSize', bytes: limits.maxBufferSize },
    { limit: 'maxIndexedBytes', bytes: INDEXED_BYTES },
  ];
  return all.reduce((least, one) => (one.bytes < least.bytes ? one : least));
}
