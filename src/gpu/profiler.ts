import type { Command } from './commands.ts';
import type { Gpu } from './gpu.ts';
import { COPY_SRC, QUERY_RESOLVE, readRanges } from './readback.ts';

/** Runs the commands once, each in a pass of its own, and tells the milliseconds that each took on the GPU. Needs `openGpu({ profile: true })`. */
export async function profile(gpu: Gpu, commands: readonly Command[]): Promise<{ name: string; ms: number }[]> {
  const count = commands.length * 2;
  const querySet = gpu.device.createQuerySet({ type: 'timestamp', count });
  const resolved = gpu.createBuffer('timestamps', count * 8, QUERY_RESOLVE | COPY_SRC);
  try {
    const encoder = gpu.device.createCommandEncoder();
    commands.forEach((command, index) => {
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * index, endOfPassWriteIndex: 2 * index + 1 },
      });
      pass.setPipeline(command.pipeline);
      pass.setBindGroup(0, command.bindGroup);
      pass.dispatchWorkgroups(...command.workgroups);
      pass.end();
    });
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    gpu.device.queue.submit([encoder.finish()]);
    const [bytes] = await readRanges(gpu, [{ buffer: resolved, offset: 0, size: count * 8 }]);
    const times = new BigUint64Array(bytes as ArrayBuffer);
    return commands.map(({ name }, index) => ({
      name,
      ms: Number((times[2 * index + 1] ?? 0n) - (times[2 * index] ?? 0n)) / 1e6,
    }));
  } finally {
    querySet.destroy();
    resolved.destroy();
  }
}
