import { type Command, encode } from './commands.ts';
import type { Gpu } from './gpu.ts';
import { COPY_SRC, QUERY_RESOLVE, readRanges } from './readback.ts';

/** Runs the commands once, each in a pass of its own, and tells the milliseconds that each took on the GPU. Needs `openGpu({ profile: true })`. */
export async function profile(gpu: Gpu, commands: readonly Command[]): Promise<{ name: string; ms: number }[]> {
  const times = await timePasses(gpu, commands, 1);
  return commands.map(({ name }, index) => ({ name, ms: times[index] ?? Number.NaN }));
}

/**
 * Milliseconds of one dispatch, the mean of `repeats` in one pass: by timestamps where the device has them, else by the wall
 * clock, which counts a submit and the wait for it too.
 */
export async function timeDispatch(gpu: Gpu, command: Command, repeats: number): Promise<number> {
  if (gpu.features.has('timestamp-query')) return ((await timePasses(gpu, [command], repeats))[0] ?? Number.NaN) / repeats;
  const encoder = gpu.device.createCommandEncoder();
  encode(encoder, [command], repeats);
  const commands = [encoder.finish()];
  const start = performance.now();
  gpu.device.queue.submit(commands);
  await gpu.finished();
  return (performance.now() - start) / repeats;
}

/** A pass of `repeats` dispatches for each command, and the milliseconds that each pass took on the GPU. */
async function timePasses(gpu: Gpu, commands: readonly Command[], repeats: number): Promise<number[]> {
  const count = commands.length * 2;
  const querySet = gpu.device.createQuerySet({ type: 'timestamp', count });
  const resolved = gpu.createBuffer('timestamps', count * 8, QUERY_RESOLVE | COPY_SRC);
  try {
    const encoder = gpu.device.createCommandEncoder();
    commands.forEach((command, index) => {
      encode(encoder, [command], repeats, {
        querySet,
        beginningOfPassWriteIndex: 2 * index,
        endOfPassWriteIndex: 2 * index + 1,
      });
    });
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    gpu.device.queue.submit([encoder.finish()]);
    const [bytes] = await readRanges(gpu, [{ buffer: resolved, offset: 0, size: count * 8 }]);
    const times = new BigUint64Array(bytes as ArrayBuffer);
    return commands.map((_, index) => Number((times[2 * index + 1] ?? 0n) - (times[2 * index] ?? 0n)) / 1e6);
  } finally {
    querySet.destroy();
    resolved.destroy();
  }
}
