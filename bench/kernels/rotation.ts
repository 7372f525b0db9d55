import { type BufferRange, COPY_DST, COPY_SRC, STORAGE } from '../../src/gpu/buffers.ts';
import { type Command, createCommands } from '../../src/gpu/commands.ts';
import type { Gpu } from '../../src/gpu/gpu.ts';
import type { Kernel } from '../../src/gpu/kernel.ts';
import { readRanges } from '../../src/gpu/readback.ts';
import { Workspace } from '../../src/gpu/workspace.ts';
import type { Contents } from '../cases/case.ts';

/** All sets together are larger than the caches of the processors and GPUs of today, where that takes no more than MOST_SETS. */
const ROTATED_BYTES = 160 * 2 ** 20;
const MOST_SETS = 48;

/**
 * Several sets of what a kernel binds, side by side, so that a dispatch does not find its operands in a cache where the one before
 * it left them. Each binding is one buffer that holds all its sets.
 */
export class Rotation {
  private constructor(
    private readonly workspace: Workspace,
    private readonly contents: readonly Contents[],
    private readonly buffers: readonly GPUBuffer[],
    readonly sets: number,
  ) {}

  static create(gpu: Gpu, contents: readonly Contents[]): Rotation {
    const sizes = contents.map((data) => strideOf(gpu, data));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const largest = Math.max(...sizes);
    const room = Math.floor(Math.min(gpu.limits.maxBufferSize, 2 ** 30) / largest);
    const sets = Math.max(1, Math.min(MOST_SETS, room, Math.ceil(ROTATED_BYTES / bytes)));
    const workspace = new Workspace(gpu, 'measurement');
    try {
      const buffers = sizes.map((size, binding) =>
        workspace.createBuffer(`binding ${binding}`, size * sets, STORAGE | COPY_SRC | COPY_DST),
      );
      return new Rotation(workspace, contents, buffers, sets);
    } catch (error) {
      workspace.destroy();
      throw error;
    }
  }

  /** Gives the first `sets` their first contents again [all]. */
  fill(sets = this.sets): void {
    this.contents.forEach((data, binding) => {
      for (let set = 0; set < sets; set++)
        this.workspace.write(this.buffers[binding] as GPUBuffer, set * strideOf(this.workspace.gpu, data), data);
    });
  }

  /** A kernel's dispatch for each set. */
  commands(kernel: Kernel): Promise<Command[]> {
    return createCommands(
      this.workspace,
      Array.from({ length: this.sets }, (_, set) => ({ kernel, ranges: this.ranges(set) })),
    );
  }

  /** What the bindings of the first set hold. */
  read(): Promise<ArrayBuffer[]> {
    return readRanges(this.workspace, this.ranges(0));
  }

  destroy(): void {
    this.workspace.destroy();
  }

  private ranges(set: number): BufferRange[] {
    return this.contents.map((data, binding) => ({
      buffer: this.buffers[binding] as GPUBuffer,
      offset: set * strideOf(this.workspace.gpu, data),
      size: data.byteLength,
    }));
  }
}

function strideOf(gpu: Gpu, { byteLength }: Contents): number {
  const alignment = Math.max(256, gpu.limits.minStorageBufferOffsetAlignment);
  return Math.ceil(byteLength / alignment) * alignment;
}
