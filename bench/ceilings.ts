// What an adapter can do at most, measured with fixed shaders: the yardstick of every kernel's share.
import { type Command, createCommands, encode } from '../src/gpu/commands.ts';
import { compose } from '../src/gpu/composer.ts';
import type { Gpu } from '../src/gpu/gpu.ts';
import { COPY_DST, COPY_SRC, QUERY_RESOLVE, readRanges, STORAGE } from '../src/gpu/readback.ts';
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
  return {
    gflops: await measureArithmetic(gpu),
    copyGBs: await measureCopy(gpu),
    dispatchUs: await measureDispatch(gpu),
  };
}

async function measureArithmetic(gpu: Gpu): Promise<number> {
  const groups = gpu.capabilities.kind === 'cpu' ? 32 : 4096;
  const turns = upload(gpu, new Uint32Array([1]));
  const y = gpu.createBuffer('y', groups * WORKGROUP * 4, STORAGE);
  try {
    const command = await prepare(gpu, 'arithmetic', arithmetic, {}, [turns, y], groups);
    const time = (count: number) => {
      gpu.device.queue.writeBuffer(turns, 0, new Uint32Array([count]));
      return milliseconds(gpu, command, 1);
    };
    await time(1);
    let count = 64;
    while ((await time(count)) < LONG_MS) count *= 2;
    const ms = await least(() => time(count));
    return (2 * MULTIPLY_ADDS * count * groups * WORKGROUP) / ms / 1e6;
  } finally {
    turns.destroy();
    y.destroy();
  }
}

async function measureCopy(gpu: Gpu): Promise<number> {
  const bytes = Math.min(COPIED_BYTES, gpu.limits.maxStorageBufferBindingSize);
  const count = bytes / 16;
  const x = gpu.createBuffer('x', bytes, STORAGE);
  const y = gpu.createBuffer('y', bytes, STORAGE);
  try {
    const command = await prepare(gpu, 'copy', copy, { COUNT: count }, [x, y], Math.ceil(count / (WORKGROUP * 16)));
    const repeats = Math.max(1, Math.ceil(LONG_MS / (await milliseconds(gpu, command, 1))));
    const ms = await least(() => milliseconds(gpu, command, repeats));
    return (2 * bytes * repeats) / ms / 1e6;
  } finally {
    x.destroy();
    y.destroy();
  }
}

async function measureDispatch(gpu: Gpu): Promise<number> {
  const never = upload(gpu, new Uint32Array([0]));
  const y = gpu.createBuffer('y', 4, STORAGE);
  try {
    const command = await prepare(gpu, 'empty', empty, {}, [never, y], 1);
    await milliseconds(gpu, command, 1);
    return await least(() => milliseconds(gpu, command, 1000));
  } finally {
    never.destroy();
    y.destroy();
  }
}

function upload(gpu: Gpu, data: Uint32Array<ArrayBuffer>): GPUBuffer {
  const buffer = gpu.createBuffer('x', data.byteLength, STORAGE | COPY_DST);
  gpu.device.queue.writeBuffer(buffer, 0, data);
  return buffer;
}

async function prepare(
  gpu: Gpu,
  name: string,
  source: string,
  constants: Record<string, number>,
  buffers: readonly GPUBuffer[],
  groups: number,
): Promise<Command> {
  const kernel = {
    name: `ceilings/${name}`,
    code: compose(source, { ...constants, WORKGROUP }, {}),
    bindings: ['read', 'write'] as const,
    workgroups: [groups, 1, 1] as const,
  };
  const ranges = buffers.map((buffer) => ({ buffer, offset: 0, size: buffer.size }));
  const [command] = await createCommands(gpu, [{ kernel, ranges }]);
  return command as Command;
}

async function least(measure: () => Promise<number>): Promise<number> {
  let ms = Infinity;
  for (let round = 0; round < ROUNDS; round++) ms = Math.min(ms, await measure());
  return ms;
}

/** The time of one pass with a command `repeats` times over. */
async function milliseconds(gpu: Gpu, command: Command, repeats: number): Promise<number> {
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
  const resolved = gpu.createBuffer('timestamps', 16, QUERY_RESOLVE | COPY_SRC);
  try {
    // Passes run one after the other, so empty ones before and after mark the times.
    encoder.beginComputePass({ timestampWrites: { querySet, endOfPassWriteIndex: 0 } }).end();
    encode(encoder, [command], repeats);
    encoder.beginComputePass({ timestampWrites: { querySet, beginningOfPassWriteIndex: 1 } }).end();
    encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
    device.queue.submit([encoder.finish()]);
    const [bytes] = await readRanges(gpu, [{ buffer: resolved, offset: 0, size: 16 }]);
    const [start = 0n, end = 0n] = new BigUint64Array(bytes as ArrayBuffer);
    return Number(end - start) / 1e6;
  } finally {
    querySet.destroy();
    resolved.destroy();
  }
}
