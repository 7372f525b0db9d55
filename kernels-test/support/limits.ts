import { type Gpu, LimitError } from '../../src/node.ts';

/** The same device, as if its buffers and bindings could hold no more than this. */
export function smaller(gpu: Gpu, bytes: number): Gpu {
  const limits = { maxBufferSize: bytes, maxStorageBufferBindingSize: bytes, minStorageBufferOffsetAlignment: 256 };
  return Object.create(gpu, { limits: { value: limits } });
}

/** The LimitError of a request, and how many buffers it made. */
export async function refusal(gpu: Gpu, request: () => unknown): Promise<{ error: LimitError; buffers: number }> {
  const prototype = Object.getPrototypeOf(gpu.device);
  const original = Object.getOwnPropertyDescriptor(prototype, 'createBuffer') as PropertyDescriptor;
  let buffers = 0;
  Object.defineProperty(prototype, 'createBuffer', {
    ...original,
    value(this: GPUDevice, descriptor: GPUBufferDescriptor) {
      buffers++;
      return original.value.call(this, descriptor);
    },
  });
  try {
    await request();
  } catch (error) {
    if (error instanceof LimitError) return { error, buffers };
    throw error;
  } finally {
    Object.defineProperty(prototype, 'createBuffer', original);
  }
  throw new Error('Nothing was refused');
}
