import { COPY_SRC, QUERY_RESOLVE } from './buffers.ts';
import { type Command, encode } from './commands.ts';
import { readRanges } from './readback.ts';
import type { Workspace } from './workspace.ts';

/** Runs the commands once, each in a pass of its own, and tells the milliseconds that each took on the GPU. Needs `openGpu({ profile: true })`. */
export async function profile(workspace: Workspace, commands: readonly Command[]): Promise<{ name: string; ms: number }[]> {
  const times = await timePasses(workspace, commands, 1);
  return commands.map(({ name }, index) => ({ name, ms: times[index] ?? Number.NaN }));
}

/**
 * Milliseconds of one dispatch, the mean of `repeats` in one pass: by timestamps where the device has them, else by the wall
 * clock, which counts a submit and the wait for it too.
 */
export async function timeDispatch(workspace: Workspace, command: Command, repeats: number): Promise<number> {
  if (workspace.gpu.features.has('timestamp-query'))
    return ((await timePasses(workspace, [command], repeats))[0] ?? Number.NaN) / repeats;
  const start = performance.now();
  workspace.submit((encoder) => encode(encoder, [command], repeats));
  await workspace.finished();
  return (performance.now() - start) / repeats;
}

/** Commands that are timed with one query set: it holds 4,096 timestamps, by WebGPU's limit. */
const MOST_COMMANDS = 2048;

/**
 * A pass of `repeats` dispatches for each command, and the milliseconds that each pass took on the GPU. All is submitted before it returns
 * its promise.
 */
export async function timePasses(workspace: Workspace, commands: readonly Command[], repeats: number): Promise<number[]> {
  const parts = Array.from({ length: Math.ceil(commands.length / MOST_COMMANDS) }, (_, part) =>
    timeTogether(workspace, commands.slice(part * MOST_COMMANDS, (part + 1) * MOST_COMMANDS), repeats),
  );
  return (await Promise.all(parts)).flat();
}

async function timeTogether(workspace: Workspace, commands: readonly Command[], repeats: number): Promise<number[]> {
  const count = commands.length * 2;
  const querySet = workspace.gpu.device.createQuerySet({ type: 'timestamp', count });
  const resolved = workspace.createBuffer('timestamps', count * 8, QUERY_RESOLVE | COPY_SRC);
  try {
    workspace.submit((encoder) => {
      commands.forEach((command, index) => {
        encode(encoder, [command], repeats, {
          querySet,
          beginningOfPassWriteIndex: 2 * index,
          endOfPassWriteIndex: 2 * index + 1,
        });
      });
      encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    });
    const [bytes] = await readRanges(workspace, [{ buffer: resolved, offset: 0, size: count * 8 }]);
    const times = new BigUint64Array(bytes as ArrayBuffer);
    return commands.map((_, index) => Number((times[2 * index + 1] ?? 0n) - (times[2 * index] ?? 0n)) / 1e6);
  } finally {
    querySet.destroy();
    workspace.free(resolved);
  }
}
