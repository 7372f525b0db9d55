import { COPY_SRC, QUERY_RESOLVE } from '../../src/gpu/buffers.ts';
import type { Gpu } from '../../src/gpu/gpu.ts';
import { readRanges } from '../../src/gpu/readback.ts';
import { Workspace } from '../../src/gpu/workspace.ts';

/**
 * Times the compute passes that a device is given while `run` lasts, from each one's begin to its end on the GPU, whoever encodes
 * them: a trainer puts all steps of a submit into one pass. Undefined where the device has no timestamp queries.
 */
export async function timePasses(gpu: Gpu, most: number, run: () => Promise<void>): Promise<number | undefined> {
  if (!gpu.features.has('timestamp-query')) return undefined;
  const { device } = gpu;
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 * most });
  const workspace = new Workspace(gpu, 'measurement');
  const resolved = workspace.createBuffer('timestamps', 2 * most * 8, QUERY_RESOLVE | COPY_SRC);
  const createCommandEncoder = device.createCommandEncoder.bind(device);
  let passes = 0;
  device.createCommandEncoder = (descriptor) => {
    const encoder = createCommandEncoder(descriptor);
    const beginComputePass = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = (pass) => {
      if (passes === most) return beginComputePass(pass);
      const at = 2 * passes++;
      const timestampWrites = { querySet, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 };
      return beginComputePass({ ...pass, timestampWrites });
    };
    return encoder;
  };
  try {
    await run();
    device.createCommandEncoder = createCommandEncoder;
    if (passes === 0) return 0;
    workspace.submit((encoder) => encoder.resolveQuerySet(querySet, 0, 2 * passes, resolved, 0));
    const [bytes] = await readRanges(workspace, [{ buffer: resolved, offset: 0, size: 16 * passes }]);
    const times = new BigUint64Array(bytes as ArrayBuffer);
    let nanoseconds = 0n;
    for (let pass = 0; pass < passes; pass++) nanoseconds += (times[2 * pass + 1] ?? 0n) - (times[2 * pass] ?? 0n);
    return Number(nanoseconds) / 1e6;
  } finally {
    device.createCommandEncoder = createCommandEncoder;
    querySet.destroy();
    workspace.destroy();
  }
}
