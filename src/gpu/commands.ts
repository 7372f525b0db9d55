import { type BufferRange, COPY_DST, INDIRECT, UNIFORM } from './buffers.ts';
import type { Kernel } from './kernel.ts';
import type { Workspace } from './workspace.ts';

/** One dispatch with everything made: WebGPU has no command buffer that can be submitted twice, so this is what is replayed. */
export interface Command {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
  /** Of all that it binds. */
  readonly bytes: number;
}

/**
 * Compiles the kernels at the same time and binds their ranges, and the numbers that they are given, which lie in a buffer of the workspace
 * or of whom `create` makes it for. Throws a GpuError where the driver refuses one.
 */
export async function createCommands(
  workspace: Workspace,
  dispatches: readonly { kernel: Kernel; ranges: readonly BufferRange[] }[],
  create: Workspace['createBuffer'] = (label, bytes, usage) => workspace.createBuffer(label, bytes, usage),
): Promise<Command[]> {
  workspace.check();
  const { device, pipelines } = workspace.gpu;
  const compiled = await workspace.wait(Promise.all(dispatches.map(({ kernel }) => pipelines.get(kernel))));
  const numbers = createNumbers(
    workspace,
    dispatches.map(({ kernel }) => kernel),
    create,
  );
  const commands = workspace.attempt(() =>
    dispatches.map(({ kernel, ranges }, index) => ({
      name: kernel.name,
      pipeline: compiled[index] as GPUComputePipeline,
      workgroups: kernel.workgroups,
      bytes: ranges.reduce((sum, { size }) => sum + size, 0),
      bindGroup: device.createBindGroup({
        label: kernel.name,
        layout: pipelines.layout(kernel),
        entries: [...ranges, ...(numbers[index] ?? [])].map((resource, binding) => ({ binding, resource })),
      }),
    })),
  );
  await workspace.settled();
  return commands;
}

/** At what a binding of a uniform buffer may begin, by WebGPU's default limit. */
const ALIGNMENT = 256;

/** For each kernel where the numbers lie that it is given; nowhere where it is given none. More than one buffer holds lie in several. */
function createNumbers(workspace: Workspace, kernels: readonly Kernel[], create: Workspace['createBuffer']): BufferRange[][] {
  const most = workspace.gpu.limits.maxBufferSize;
  const buffers: { words: number[] }[] = [];
  const places = kernels.map(({ numbers = [] }) => {
    if (numbers.length === 0) return undefined;
    const words = Math.ceil((4 * numbers.length) / ALIGNMENT) * (ALIGNMENT / 4);
    const last = buffers.at(-1);
    const into = last && 4 * (last.words.length + words) <= most ? last : { words: [] };
    if (into !== last) buffers.push(into);
    const offset = 4 * into.words.length;
    into.words.push(...numbers, ...Array.from({ length: words - numbers.length }, () => 0));
    return { into, offset, size: 4 * numbers.length };
  });
  const made = new Map(
    buffers.map((one) => {
      const buffer = create('numbers', 4 * one.words.length, UNIFORM | COPY_DST);
      workspace.write(buffer, 0, Uint32Array.from(one.words));
      return [one, buffer] as const;
    }),
  );
  return places.map((place) => {
    const buffer = place && made.get(place.into);
    return buffer ? [{ buffer, offset: place.offset, size: place.size }] : [];
  });
}

/** Records the commands, `repeats` times over, into one compute pass, whose begin and end may be timed. */
export function encode(
  encoder: GPUCommandEncoder,
  commands: readonly Command[],
  repeats = 1,
  timestampWrites?: GPUComputePassTimestampWrites,
): void {
  const pass = encoder.beginComputePass(timestampWrites && { timestampWrites });
  for (let repeat = 0; repeat < repeats; repeat++)
    for (const command of commands) {
      pass.setPipeline(command.pipeline);
      pass.setBindGroup(0, command.bindGroup);
      pass.dispatchWorkgroups(...command.workgroups);
    }
  pass.end();
}

/** Kernels that are compiled between two reports of how many are ready. */
const TOLD_AT_ONCE = 2;

/**
 * Drivers that compile a kernel when it is first dispatched (Mesa's software driver) compile these now: each is dispatched over no
 * workgroups, so that nothing runs. The counts come from a buffer, since implementations leave out a dispatch that they see to be empty.
 */
export async function compileCommands(workspace: Workspace, commands: readonly Command[]): Promise<void> {
  const { compilation } = workspace.gpu;
  const kernels = [...new Map(commands.map((command) => [command.pipeline, command])).values()];
  const counts = workspace.createBuffer('no workgroups', 12, INDIRECT);
  // Whoever is told waits for a few at a time.
  const atOnce = compilation.isTold ? TOLD_AT_ONCE : Math.max(1, kernels.length);
  let left = kernels.length;
  compilation.begin(left);
  try {
    for (let from = 0; from < kernels.length; from += atOnce) {
      const some = kernels.slice(from, from + atOnce);
      workspace.submit((encoder) => {
        const pass = encoder.beginComputePass();
        for (const { pipeline, bindGroup } of some) {
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, bindGroup);
          pass.dispatchWorkgroupsIndirect(counts, 0);
        }
        pass.end();
      });
      await workspace.finished();
      left -= some.length;
      compilation.end(some.length);
    }
  } finally {
    if (left > 0) compilation.end(left);
    workspace.free(counts);
  }
}
