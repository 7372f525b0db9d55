import type { BufferRange } from './commands.ts';
import type { Gpu } from './gpu.ts';

/** Reads ranges of buffers into new memory, after everything submitted so far. Makes and frees one staging buffer. */
export async function readRanges(gpu: Gpu, ranges: readonly BufferRange[]): Promise<ArrayBuffer[]> {
  const total = ranges.reduce((sum, { size }) => sum + size, 0);
  const staging = gpu.createBuffer('readback', total, MAP_READ | COPY_DST);
  try {
    const encoder = gpu.device.createCommandEncoder();
    let offset = 0;
    for (const range of ranges) {
      encoder.copyBufferToBuffer(range.buffer, range.offset, staging, offset, range.size);
      offset += range.size;
    }
    gpu.device.queue.submit([encoder.finish()]);
    await gpu.wait(staging.mapAsync(1));
    const mapped = staging.getMappedRange();
    offset = 0;
    return ranges.map(({ size }) => {
      offset += size;
      return mapped.slice(offset - size, offset);
    });
  } finally {
    staging.destroy();
  }
}

/** WebGPU's flags, which exist as globals only where a WebGPU was loaded. */
export const MAP_READ = 1;
export const COPY_SRC = 4;
export const COPY_DST = 8;
export const STORAGE = 128;
export const INDIRECT = 256;
export const QUERY_RESOLVE = 512;
