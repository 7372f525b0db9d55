import { type BufferRange, type Command, createCommands } from '../../src/gpu/commands.ts';
import type { Gpu } from '../../src/gpu/gpu.ts';
import type { Kernel } from '../../src/gpu/kernel.ts';
import { COPY_DST, COPY_SRC, readRanges, STORAGE } from '../../src/gpu/readback.ts';
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
    private readonly gpu: Gpu,
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
    const buffers: GPUBuffer[] = [];
    try {
      for (const [binding, size] of sizes.entries())
        buffers.push(gpu.createBuffer(`binding ${binding}`, size * sets, STORAGE | COPY_SRC | COPY_DST));
    } catch (error) {
      for (const buffer of buffers) buffer.destroy();
      throw error;
    }
    return new Rotation(gpu, contents, buffers, sets);
  }

  /** Gives the first `sets` their first contents again [all]. */
  fill(sets = this.sets): void {
    this.contents.forEach((data, binding) => {
      for (let set = 0; set < sets; set++)
        this.gpu.device.queue.writeBuffer(this.buffers[binding] as GPUBuffer, set * strideOf(this.gpu, data), data);
    });
  }

  /** A kernel's dispatch for each set. */
  commands(kernel: Kernel): Promise<Command[]> {
    return createCommands(
      this.gpu,
      Array.from({ length: this.sets }, (_, set) => ({ kernel, ranges: this.ranges(set) })),
    );
  }

  /** What the bindings of the first set hold. */
  read(): Promise<ArrayBuffer[]> {
    return readRanges(this.gpu, this.ranges(0));
  }

  destroy(): void {
    for (const buffer of this.buffers) buffer.destroy();
  }

  private ranges(set: number): BufferRange[] {
    return this.contents.map((data, binding) => ({
      buffer: this.buffers[binding] as GPUBuffer,
      offset: set * strideOf(this.gpu, data),
      size: data.byteLength,
    }));
  }
}

function strideOf(gpu: Gpu, { byteLength }: Contents): number {
  const alignment = Math.max(256, gpu.limits.minStorageBufferOffsetAlignment);
  return Math.ceil(byteLength / alignment) * alignment;
}
