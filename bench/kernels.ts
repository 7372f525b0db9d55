// Times every variant of the convolution families on the shapes of the published networks, each checked against src/reference first.
//   npm run bench -- bench/kernels.ts [--filter REGEX] [--repeats N] [--no-check]
// A line: variant (* where it is the preferred one), case, minimum and median milliseconds of a dispatch, processor milliseconds of
// one in all threads (with a software driver and a busy machine the steadiest figure), GFLOP/s at the minimum, milliseconds of the
// first one (it compiles the shader; drivers may keep a cache on disk), largest error relative to the largest expected value.
import { createCommands } from '../src/gpu/commands.ts';
import { openGpu } from '../src/gpu/dawn.ts';
import type { Gpu } from '../src/gpu/gpu.ts';
import type { Kernel } from '../src/gpu/kernel.ts';
import { profile } from '../src/gpu/profiler.ts';
import { COPY_SRC, readRanges, STORAGE } from '../src/gpu/readback.ts';
import type { Family } from '../src/kernels/family.ts';
import { type KernelCase, kernelCases } from './kernel-cases.ts';

const argument = (name: string) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : (process.argv[at + 1] ?? '');
};
const wanted = new RegExp(argument('--filter') ?? '');
const repeats = Number(argument('--repeats') ?? 15);
const check = !process.argv.includes('--no-check');

await using gpu = await openGpu({ profile: true });
console.log(
  `${gpu.info.description || gpu.info.device}, subgroups of ${gpu.capabilities.subgroupSize || 'unknown size'}, ${repeats} repeats`,
);
for (const entry of kernelCases()) {
  const { problem } = entry;
  await timeVariants(gpu, entry as KernelCase<typeof problem>);
}

async function timeVariants<Problem>(gpu: Gpu, entry: KernelCase<Problem>): Promise<void> {
  const variants = entry.family.variants.filter(
    ({ name, supports }) =>
      wanted.test(`${entry.family.name}/${name} ${entry.name}`) && supports(entry.problem, gpu.capabilities),
  );
  if (variants.length === 0) return;
  const data = entry.data();
  const expected = check ? data.expected() : undefined;
  const preferred = (entry.family as Family<Problem>).prefer(entry.problem, gpu.capabilities);
  for (const variant of variants) {
    const kernel = variant.build(entry.problem, gpu.capabilities);
    const { times, processor, first, outputs } = await run(gpu, kernel, data.buffers);
    const least = Math.min(...times);
    const median = times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
    console.log(
      `${variant.name === preferred ? '*' : ' '} ${kernel.name.padEnd(32)} ${entry.name.padEnd(50)} ${least.toFixed(2).padStart(8)} ` +
        `${median.toFixed(2).padStart(8)} ms ${processor.toFixed(1).padStart(7)} CPU-ms ${(entry.operations / least / 1e6).toFixed(1).padStart(6)} GFLOP/s  first ${first.toFixed(0).padStart(5)} ms` +
        `${expected ? `  error ${relativeError(entry, outputs, expected).toExponential(1)}` : ''}`,
    );
  }
}

async function run(gpu: Gpu, kernel: Kernel, contents: readonly Float32Array[]) {
  const buffers = contents.map((data, binding) => {
    const buffer = gpu.createBuffer(`binding ${binding}`, data.byteLength, STORAGE | COPY_SRC | GPUBufferUsage.COPY_DST);
    gpu.device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
    return buffer;
  });
  try {
    const ranges = buffers.map((buffer) => ({ buffer, offset: 0, size: buffer.size }));
    const commands = await createCommands(gpu, [{ kernel, ranges }]);
    const start = performance.now();
    await profile(gpu, commands);
    const first = performance.now() - start;
    const before = process.cpuUsage();
    const times = (await profile(gpu, Array.from({ length: repeats }, () => commands).flat())).map(({ ms }) => ms);
    const { user, system } = process.cpuUsage(before);
    const outputs = (await readRanges(gpu, ranges)).map((bytes) => new Float32Array(bytes));
    return { times, processor: (user + system) / 1000 / repeats, first, outputs };
  } finally {
    for (const buffer of buffers) buffer.destroy();
  }
}

function relativeError<Problem>(
  entry: KernelCase<Problem>,
  outputs: readonly Float32Array[],
  expected: readonly Float64Array[],
): number {
  let worst = 0;
  entry.actual(outputs).forEach((actual, output) => {
    const values = expected[output] ?? new Float64Array();
    let largest = 0;
    let error = actual.length === values.length ? 0 : Infinity;
    values.forEach((value, i) => {
      largest = Math.max(largest, Math.abs(value));
      error = Math.max(error, Math.abs((actual[i] ?? NaN) - value));
    });
    worst = Math.max(worst, error / largest);
  });
  if (!(worst < 1e-4)) process.exitCode = 1;
  return worst;
}
