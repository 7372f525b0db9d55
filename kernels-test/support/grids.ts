import { COPY_DST, COPY_SRC, STORAGE } from '../../src/gpu/buffers.ts';
import { createCommands, encode } from '../../src/gpu/commands.ts';
import type { Kernel } from '../../src/gpu/kernel.ts';
import { readRanges } from '../../src/gpu/readback.ts';
import { Workspace } from '../../src/gpu/workspace.ts';
import type { Gpu } from '../../src/node.ts';
import type { LoweredDispatch } from '../../src/plan/lower.ts';
import { storageBytes } from '../../src/plan/storage.ts';

/** The same device, as if a dispatch could have no more than `most` workgroups in a dimension. */
export function withGrids(gpu: Gpu, most: number): Gpu {
  return Object.create(gpu, { capabilities: { value: { ...gpu.capabilities, maxWorkgroupsPerDimension: most } } });
}

/** The least number of workgroups in a dimension with which kernels that were built for any number can still be dispatched. */
export function leastGrid(kernels: readonly Kernel[]): number {
  return Math.max(...kernels.map(({ workgroups: [x, y, z] }) => Math.max(z, Math.ceil(Math.sqrt(x * y)))));
}

/** Whether a kernel takes a second dimension where the first holds `most` workgroups. */
export function takesTwo({ workgroups: [x, y] }: Kernel, most: number): boolean {
  return x * y > most;
}

/** Whether so many workgroups, no more than `most` in a dimension, come with some to spare. */
export function isRagged(total: number, most: number): boolean {
  const rows = Math.ceil(total / most);
  return Math.ceil(total / rows) * rows > total;
}

/** How many invocations of a kernel's last workgroup have no item; undefined where its constants do not tell. */
export function idleInvocations({ code }: Kernel): number | undefined {
  const constant = (name: string) => Number(new RegExp(`^const ${name} = (\\d+)u;`, 'm').exec(code)?.[1]);
  const idle = (constant('WORKGROUP') - (constant('ITEMS') % constant('WORKGROUP'))) % constant('WORKGROUP');
  return Number.isNaN(idle) ? undefined : idle;
}

/** More rows than a case has. */
const ROWS = 2 ** 20;
/** No NaN, which arithmetic would pass on as it is. */
const MARK = 0x3f9e_0652;
const MOST_BEHIND = 2 ** 20;

/** Runs a dispatch over zeros, with marks behind each of its bindings, as many bytes as that has; names the bindings behind which one is gone. */
export async function writtenBeyond(gpu: Gpu, { kernel, bound }: LoweredDispatch): Promise<string[]> {
  const workspace = new Workspace(gpu, 'test');
  try {
    const state = new Uint32Array(16);
    // A batch of which all rows are real.
    state.set([0, ROWS, ROWS, 1]);
    const ranges = bound.map((storage, binding) => {
      const content = typeof storage === 'object' ? new Uint32Array(storageBytes(storage) / 4) : state;
      const behind = Math.min(content.length, MOST_BEHIND);
      const buffer = workspace.createBuffer(`binding ${binding}`, 4 * (content.length + behind), STORAGE | COPY_DST | COPY_SRC);
      workspace.write(buffer, 0, content);
      workspace.write(buffer, content.byteLength, new Uint32Array(behind).fill(MARK));
      return { buffer, offset: 0, size: buffer.size, behind: { buffer, offset: content.byteLength, size: 4 * behind } };
    });
    const commands = await createCommands(workspace, [{ kernel, ranges }]);
    workspace.submit((encoder) => encode(encoder, commands));
    const behind = await readRanges(
      workspace,
      ranges.map((range) => range.behind),
    );
    return behind.flatMap((bytes, binding) =>
      new Uint32Array(bytes).every((word) => word === MARK) ? [] : [`${kernel.name}: binding ${binding}`],
    );
  } finally {
    workspace.destroy();
  }
}
