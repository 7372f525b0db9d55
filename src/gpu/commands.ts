import { type BufferRange, INDIRECT } from './buffers.ts';
import type { Kernel } from './kernel.ts';
import type { Workspace } from './workspace.ts';

/** One dispatch with everything made: WebGPU has no command buffer that can be submitted twice, so this is what is replayed. */
export interface Command {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

/** Compiles the kernels at the same time and binds their ranges. Throws a GpuError where the driver refuses one. */
export async function createCommands(
  workspace: Workspace,
  dispatches: readonly { kernel: Kernel; ranges: readonly BufferRange[] }[],
): Promise<Command[]> {
  workspace.check();
  const { device, pipelines } = workspace.gpu;
  const compiled = await workspace.wait(Promise.all(dispatches.map(({ kernel }) => pipelines.get(kernel))));
  const commands = workspace.attempt(() =>
    dispatches.map(({ kernel, ranges }, index) => ({
      name: kernel.name,
      pipeline: compiled[index] as GPUComputePipeline,
      workgroups: kernel.workgroups,
      bindGroup: device.createBindGroup({
        label: kernel.name,
        layout: pipelines.layout(kernel.bindings),
        entries: ranges.map((resource, binding) => ({ binding, resource })),
      }),
    })),
  );
  await workspace.settled();
  return commands;
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

/**
 * Drivers that compile a kernel when it is first dispatched (Mesa's software driver) compile these now: each is dispatched over no
 * workgroups, so that nothing runs. The counts come from a buffer, since implementations leave out a dispatch that they see to be empty.
 */
export async function compileCommands(workspace: Workspace, commands: readonly Command[]): Promise<void> {
  const counts = workspace.createBuffer('no workgroups', 12, INDIRECT);
  try {
    workspace.submit((encoder) => {
      const pass = encoder.beginComputePass();
      for (const { pipeline, bindGroup } of commands) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroupsIndirect(counts, 0);
      }
      pass.end();
    });
    await workspace.finished();
  } finally {
    workspace.free(counts);
  }
}
