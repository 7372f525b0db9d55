import type { AdapterKind } from './adapter-kind.ts';
import { COPY_DST, COPY_SRC, MAP_READ, STORAGE } from './buffers.ts';

/**
 * Tells a GPU from a software driver by how many invocations run at once. A software driver runs a subgroup on each of its threads:
 * lavapipe at most 32 threads of 8 lanes (16 of AVX-512, if told to), SwiftShader a thread of 4 lanes a core. A small integrated GPU
 * holds more than 1,000, a large one 100,000. It is a count, not a time, so a busy machine gives the same answer.
 */
export async function measuredKind(device: GPUDevice, wait: <T>(promise: Promise<T>) => Promise<T>): Promise<AdapterKind> {
  return (await invocationsAtOnce(device, wait)) > MOST_ON_CPU ? 'gpu' : 'cpu';
}

const MOST_ON_CPU = 512;
const WORKGROUPS = 32;

/** Each invocation enters, counts those that are in, stays for 9,000 operations that wait for each other (tens of microseconds on a GPU, a few on a CPU), and leaves. */
const SHADER = `
@group(0) @binding(0) var<storage, read_write> counts: array<atomic<u32>, 2>; // inside now, most at once
@compute @workgroup_size(64)
fn main() {
  let inside = atomicAdd(&counts[0], 1u) + 1u;
  atomicMax(&counts[1], inside);
  var word = inside;
  for (var turn = 0u; turn < 1500u; turn++) {
    word ^= word << 13u;
    word ^= word >> 17u;
    word ^= word << 5u;
  }
  // The word never becomes 0; no compiler knows, so none leaves the loop out or moves it.
  atomicSub(&counts[0], select(0u, 1u, word != 0u));
}`;

/** The most invocations of 32 workgroups of 64 that were under way at the same time. */
async function invocationsAtOnce(device: GPUDevice, wait: <T>(promise: Promise<T>) => Promise<T>): Promise<number> {
  const label = 'kind of adapter';
  const counts = device.createBuffer({ label, size: 8, usage: STORAGE | COPY_SRC });
  const staging = device.createBuffer({ label, size: 8, usage: MAP_READ | COPY_DST });
  try {
    const module = device.createShaderModule({ label, code: SHADER });
    const pipeline = await wait(
      device.createComputePipelineAsync({ label, layout: 'auto', compute: { module, entryPoint: 'main' } }),
    );
    const entries = [{ binding: 0, resource: { buffer: counts } }];
    const bindGroup = device.createBindGroup({ label, layout: pipeline.getBindGroupLayout(0), entries });
    const encoder = device.createCommandEncoder({ label });
    const pass = encoder.beginComputePass({ label });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(WORKGROUPS);
    pass.end();
    encoder.copyBufferToBuffer(counts, 0, staging, 0, 8);
    device.queue.submit([encoder.finish()]);
    await wait(staging.mapAsync(1));
    return new Uint32Array(staging.getMappedRange())[1] ?? 0;
  } finally {
    counts.destroy();
    staging.destroy();
  }
}
