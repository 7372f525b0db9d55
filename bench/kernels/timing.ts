import { COPY_SRC, QUERY_RESOLVE } from '../../src/gpu/buffers.ts';
import { type Command, encode } from '../../src/gpu/commands.ts';
import type { Gpu } from '../../src/gpu/gpu.ts';
import { readRanges } from '../../src/gpu/readback.ts';
import { Workspace } from '../../src/gpu/workspace.ts';

/** By which clock: the GPU's own, or this process's, which counts a submit and the wait for it too. */
export type Clock = 'timestamps' | 'wall clock';

export function clockOf(gpu: Gpu): Clock {
  return gpu.features.has('timestamp-query') ? 'timestamps' : 'wall clock';
}

/** Milliseconds of a dispatch in each group, as the mean of the group's, which run one after the other in a pass of their own. */
export async function timeGroups(gpu: Gpu, groups: readonly (readonly Command[])[]): Promise<number[]> {
  const times = clockOf(gpu) === 'timestamps' ? await byTimestamps(gpu, groups) : await byWallClock(gpu, groups);
  return groups.map((group, index) => (times[index] ?? Number.NaN) / group.length);
}

async function byTimestamps(gpu: Gpu, groups: readonly (readonly Command[])[]): Promise<number[]> {
  const count = groups.length * 2;
  const querySet = gpu.device.createQuerySet({ type: 'timestamp', count });
  const workspace = new Workspace(gpu, 'measurement');
  const resolved = workspace.createBuffer('timestamps', count * 8, QUERY_RESOLVE | COPY_SRC);
  try {
    workspace.submit((encoder) => {
      groups.forEach((group, index) => {
        encode(encoder, group, 1, { querySet, beginningOfPassWriteIndex: 2 * index, endOfPassWriteIndex: 2 * index + 1 });
      });
      encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    });
    const [bytes] = await readRanges(workspace, [{ buffer: resolved, offset: 0, size: count * 8 }]);
    const times = new BigUint64Array(bytes as ArrayBuffer);
    return groups.map((_, index) => Number((times[2 * index + 1] ?? 0n) - (times[2 * index] ?? 0n)) / 1e6);
  } finally {
    querySet.destroy();
    workspace.destroy();
  }
}

async function byWallClock(gpu: Gpu, groups: readonly (readonly Command[])[]): Promise<number[]> {
  const times: number[] = [];
  for (const group of groups) {
    const encoder = gpu.device.createCommandEncoder();
    encode(encoder, group);
    const commands = [encoder.finish()];
    const start = performance.now();
    gpu.device.queue.submit(commands);
    await gpu.finished();
    times.push(performance.now() - start);
  }
  return times;
}
