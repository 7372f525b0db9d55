import type { BufferRange } from './commands.ts';
import type { Workspace } from './workspace.ts';

/** Reads ranges of buffers into new memory, after everything submitted so far. Makes and frees one staging buffer. */
export async function readRanges(workspace: Workspace, ranges: readonly BufferRange[]): Promise<ArrayBuffer[]> {
  const total = ranges.reduce((sum, { size }) => sum + size, 0);
  const staging = workspace.createBuffer('readback', total, MAP_READ | COPY_DST);
  try {
    let offset = 0;
    workspace.submit((encoder) => {
      for (const range of ranges) {
        encoder.copyBufferToBuffer(range.buffer, range.offset, staging, offset, range.size);
        offset += range.size;
      }
    });
    await workspace.wait(workspace.attempt(() => staging.mapAsync(1)));
    const mapped = staging.getMappedRange();
    offset = 0;
    return ranges.map(({ size }) => {
      offset += size;
      return mapped.slice(offset - size, offset);
    });
  } finally {
    workspace.free(staging);
  }
}

/** WebGPU's flags, which exist as globals only where a WebGPU was loaded. */
export const MAP_READ = 1;
export const COPY_SRC = 4;
export const COPY_DST = 8;
export const STORAGE = 128;
export const QUERY_RESOLVE = 512;
