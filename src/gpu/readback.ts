import { type BufferRange, COPY_DST, MAP_READ } from './buffers.ts';
import type { Workspace } from './workspace.ts';

/** Reads ranges of buffers into new memory, after everything submitted so far. Makes and frees a staging buffer, or several where one could not hold them all. */
export async function readRanges(workspace: Workspace, ranges: readonly BufferRange[]): Promise<ArrayBuffer[]> {
  // What else the owner does meanwhile shall not meet an error of the reading, nor the other way round.
  const own = workspace.part();
  const staged: { readonly buffer: GPUBuffer; readonly ranges: readonly BufferRange[] }[] = [];
  try {
    for (const together of fitting(ranges, own.gpu.limits.maxBufferSize))
      staged.push({ buffer: own.createBuffer('readback', total(together), MAP_READ | COPY_DST), ranges: together });
    own.submit((encoder) => {
      for (const { buffer, ranges } of staged) {
        let offset = 0;
        for (const range of ranges) {
          encoder.copyBufferToBuffer(range.buffer, range.offset, buffer, offset, range.size);
          offset += range.size;
        }
      }
    });
    await own.wait(Promise.all(own.attempt(() => staged.map(({ buffer }) => buffer.mapAsync(1)))));
    return staged.flatMap(({ buffer, ranges }) => {
      const mapped = buffer.getMappedRange();
      let offset = 0;
      return ranges.map(({ size }) => {
        offset += size;
        return mapped.slice(offset - size, offset);
      });
    });
  } catch (error) {
    workspace.check();
    throw error;
  } finally {
    own.destroy();
  }
}

/** Ranges in their order, in groups of at most `most` bytes. */
function fitting(ranges: readonly BufferRange[], most: number): BufferRange[][] {
  const groups: BufferRange[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const range of ranges) {
    bytes += range.size;
    if (bytes > most) {
      groups.push([]);
      bytes = range.size;
    }
    groups.at(-1)?.push(range);
  }
  return groups;
}

function total(ranges: readonly BufferRange[]): number {
  return ranges.reduce((sum, { size }) => sum + size, 0);
}
