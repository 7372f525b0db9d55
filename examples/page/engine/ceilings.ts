import type { CeilingFacts } from './calls.ts';

const WORKGROUP = 64;
/** Vectors that an invocation copies. */
const COPIES = 16;
/** Sums of an invocation, six after the other so that a CPU's registers hold what they need, and multiply-adds into each in a turn. */
const SUMS = 24;
const TURN = 24;
const MULTIPLY_ADDS = SUMS * TURN;
/** Larger than the caches. */
const COPIED_BYTES = 32 * 2 ** 20;
/** Long enough for a submit, and for the wait that ends it, not to matter. */
const LONG_MS = 60;
const ROUNDS = 4;

const sums = Array.from({ length: SUMS }, (_, index) => `s${index}`);
const six = (first: number) =>
  sums
    .slice(first, first + 6)
    .map((sum, index) => `${sum} = fma(x, factor + ${index}.0, ${sum});`)
    .join(' ');

/** Multiply-adds and nothing else. The number of turns comes from a buffer, so that no driver can do the sums beforehand. */
const arithmetic = `
@group(0) @binding(0) var<storage, read> turns: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  ${sums.map((sum) => `var ${sum} = 0.0;`).join(' ')}
  let factor = f32(id.x & 15u);
  for (var turn = 0u; turn < turns[0]; turn++) {
    var x = f32(turn & 15u);
    ${[0, 6, 12, 18].map((first) => `for (var j = 0u; j < ${TURN}u; j++) { x += 0.25; ${six(first)} }`).join('\n    ')}
  }
  y[id.x] = ${sums.join(' + ')};
}`;

/** Copies one buffer to another, sixteen bytes at a time, neighbours side by side. */
const copy = `
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let end = min((workgroup.x + 1u) * ${WORKGROUP * COPIES}u, arrayLength(&x));
  for (var i = workgroup.x * ${WORKGROUP * COPIES}u + local; i < end; i += ${WORKGROUP}u) { y[i] = x[i]; }
}`;

/**
 * Multiply-adds a second and bytes copied a second, each at the least time of several rounds. By the wall clock: browsers round timestamps,
 * and some have none.
 */
export async function measureCeilings(device: GPUDevice, kind: 'cpu' | 'gpu'): Promise<CeilingFacts> {
  const buffers: GPUBuffer[] = [];
  const make = (size: number, usage: number) => {
    const buffer = device.createBuffer({ size, usage });
    buffers.push(buffer);
    return buffer;
  };
  const { STORAGE, COPY_DST } = GPUBufferUsage;
  try {
    const groups = kind === 'cpu' ? 32 : 4096;
    const turns = make(4, STORAGE | COPY_DST);
    const compute = await pass(device, arithmetic, [turns, make(groups * WORKGROUP * 4, STORAGE)]);
    const time = (count: number) => {
      device.queue.writeBuffer(turns, 0, new Uint32Array([count]));
      return compute(groups, 1);
    };
    await time(1);
    let count = 16;
    while ((await time(count)) < LONG_MS) count *= 2;
    const sumsMs = await least(() => time(count));

    const copied = [make(COPIED_BYTES, STORAGE), make(COPIED_BYTES, STORAGE)];
    const copies = await pass(device, copy, copied);
    const copyGroups = Math.ceil(COPIED_BYTES / (16 * WORKGROUP * COPIES));
    await copies(copyGroups, 1);
    const repeats = Math.max(1, Math.ceil(LONG_MS / (await copies(copyGroups, 1))));
    const copyMs = await least(() => copies(copyGroups, repeats));
    return {
      gflops: (2 * MULTIPLY_ADDS * count * groups * WORKGROUP) / sumsMs / 1e6,
      gigabytes: (2 * COPIED_BYTES * repeats) / copyMs / 1e6,
    };
  } finally {
    for (const buffer of buffers) buffer.destroy();
  }
}

/** Compiles a shader on two buffers, the first read, the second written; what it gives runs it and tells the milliseconds. */
async function pass(
  device: GPUDevice,
  code: string,
  buffers: readonly GPUBuffer[],
): Promise<(groups: number, repeats: number) => Promise<number>> {
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }), entryPoint: 'main' },
  });
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const bindGroup = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  return async (groups, repeats) => {
    const encoder = device.createCommandEncoder();
    const recorded = encoder.beginComputePass();
    recorded.setPipeline(pipeline);
    recorded.setBindGroup(0, bindGroup);
    for (let repeat = 0; repeat < repeats; repeat++) recorded.dispatchWorkgroups(groups);
    recorded.end();
    await device.queue.onSubmittedWorkDone();
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return performance.now() - start;
  };
}

async function least(measure: () => Promise<number>): Promise<number> {
  let ms = Infinity;
  for (let round = 0; round < ROUNDS; round++) ms = Math.min(ms, await measure());
  return ms;
}
