// What an adapter can do at most, measured with fixed shaders: the yardstick of every kernel's share.
import { COPY_DST, COPY_SRC, QUERY_RESOLVE, STORAGE } from '../src/gpu/buffers.ts';
import { type Command, createCommands, encode } from '../src/gpu/commands.ts';
import { compose } from '../src/gpu/composer.ts';
import type { Gpu } from '../src/gpu/gpu.ts';
import { readRanges } from '../src/gpu/readback.ts';
import { Workspace } from '../src/gpu/workspace.ts';
import arithmetic from './ceilings/arithmetic.wgsl';
import copy from './ceilings/copy.wgsl';
import empty from './ceilings/empty.wgsl';

/** Billions of additions and multiplications a second, billions of bytes read and written a second, microseconds of an empty dispatch. */
export interface Ceilings {
  readonly gflops: number;
  readonly copyGBs: number;
  readonly dispatchUs: number;
}

const WORKGROUP = 64;
/** Multiply-adds of an invocation in one turn of arithmetic.wgsl. */
const MULTIPLY_ADDS = 24 * 24;
/** Larger than the caches. */
const COPIED_BYTES = 64 * 2 ** 20;
/** A measurement that is long enough for clocks and polling not to matter. */
const LONG_MS = 20;
const ROUNDS = 12;

/** Measures for about a second, each figure at the least time of several rounds. By timestamp queries where the device has them. */
export async function measureCeilings(gpu: Gpu): Promise<Ceilings> {
  const workspace = new Workspace(gpu, 'measurement');
  try {
    return {
      gflops: await measureArithmetic(workspace),
      copyGBs: await measureCopy(workspace),
      dispatchUs: await measureDispatch(workspace),
    };
  } finally {
    workspace.destroy();
  }
}

async function measureArithmetic(workspace: Workspace): Promise<number> {
  const groups = workspace.gpu.capabilities.kind === 'cpu' ? 32 : 4096;
  const turns = upload(workspace, new Uint32Array([1]));
  const y = workspace.createBuffer('y', groups * WORKGROUP * 4, STORAGE);
  try {
    const command = await prepare(workspace, 'arithmetic', arithmetic, {}, [turns, y], groups);
    const time = (count: number) => {
      workspace.write(turns, 0, new Uint32Array([count]));
      return milliseconds(workspace, command, 1);
    };
    await time(1);
    let count = 64;
    while ((await time(count)) < LONG_MS) count *= 2;
    const ms = await least(() => time(count));
    return (2 * MULTIPLY_ADDS * count * groups * WORKGROUP) / ms / 1e6;
  } finally {
    workspace.free(turns);
    workspace.free(y);
  }
}

async function measureCopy(workspace: Workspace): Promise<number> {
  const bytes = Math.min(COPIED_BYTES, workspace.gpu.limits.maxStorageBufferBindingSize);
  const count = bytes / 16;
  const x = workspace.createBuffer('x', bytes, STORAGE);
  const y = workspace.createBuffer('y', bytes, STORAGE);
  try {
    const command = await prepare(workspace, 'copy', copy, { COUNT: count }, [x, y], Math.ceil(count / (WORKGROUP * 16)));
    const repeats = Math.max(1, Math.ceil(LONG_MS / (await milliseconds(workspace, command, 1))));
    const ms = await least(() => milliseconds(workspace, command, repeats));
    return (2 * bytes * repeats) / ms / 1e6;
  } finally {
    workspace.free(x);
    workspace.free(y);
  }
}

async function measureDispatch(workspace: Workspace): Promise<number> {
  const never = upload(workspace, new Uint32Array([0]));
  const y = workspace.createBuffer('y', 4, STORAGE);
  try {
    const command = await prepare(workspace, 'empty', empty, {}, [never, y], 1);
    await milliseconds(workspace, command, 1);
    return await least(() => milliseconds(workspace, command, 1000));
  } finally {
    workspace.free(never);
    workspace.free(y);
  }
}

function upload(workspace: Workspace, data: Uint32Array<ArrayBuffer>): GPUBuffer {
  const buffer = workspace.createBuffer('x', data.byteLength, STORAGE | COPY_DST);
  workspace.write(buffer, 0, data);
  return buffer;
}

async function prepare(
  workspace: Workspace,
  name: string,
  source: string,
  constants: Record<string, number>,
  buffers: readonly GPUBuffer[],
  groups: number,
): Promise<Command> {
  const kernel = {
    name: `ceilings/${name}`,
    ...compose(source, { ...constants, WORKGROUP }, {}),
    bindings: ['read', 'write'] as const,
    workgroups: [groups, 1, 1] as const,
  };
  const ranges = buffers.map((buffer) => ({ buffer, offset: 0, size: buffer.size }));
  const [command] = await createCommands(workspace, [{ kernel, ranges }]);
  return command as Command;
}

async function least(measure: () => Promise<number>): Promise<number> {
  let ms = Infinity;
  for (let round = 0; round < ROUNDS; round++) ms = Math.min(ms, await measure());
  return ms;
}

/** The time of one pass with a command `repeats` times over. */
async function milliseconds(workspace: Workspace, command: Command, repeats: number): Promise<number> {
  const { gpu } = workspace;
  const { device } = gpu;
  const encoder = device.createCommandEncoder();
  if (!gpu.features.has('timestamp-query')) {
    encode(encoder, [command], repeats);
    await gpu.finished();
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    await gpu.finished();
    return performance.now() - start;
  }
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 });
  const resolved = workspace.createBuffer('timestamps', 16, QUERY_RESOLVE | COPY_SRC);
  try {
    // Passes run one after the other, so empty ones before and after mark the times.
    encoder.beginComputePass({ timestampWrites: { querySet, endOfPassWriteIndex: 0 } }).end();
    encode(encoder, [command], repeats);
    encoder.beginComputePass({ timestampWrites: { querySet, beginningOfPassWriteIndex: 1 } }).end();
    encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
    device.queue.submit([encoder.finish()]);
    const [bytes] = await readRanges(workspace, [{ buffer: resolved, offset: 0, size: 16 }]);
    const [start = 0n, end = 0n] = new BigUint64Array(bytes as ArrayBuffer);
    return Number(end - start) / 1e6;
  } finally {
    querySet.destroy();
    workspace.free(resolved);
  }
}
