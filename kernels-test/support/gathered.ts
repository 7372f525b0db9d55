import { fromHalf } from '../../src/core/half.ts';
import { elements } from '../../src/core/value.ts';
import { COPY_SRC, STORAGE } from '../../src/gpu/buffers.ts';
import { encode } from '../../src/gpu/commands.ts';
import { readRanges } from '../../src/gpu/readback.ts';
import { Workspace } from '../../src/gpu/workspace.ts';
import type { AugmentationSpec } from '../../src/kernels/augmentation.ts';
import type { Dataset, Gpu } from '../../src/node.ts';
import { TrainingState } from '../../src/plan/state.ts';
import { ResidentData } from '../../src/train/resident.ts';

export interface GatherOptions {
  readonly batch: number;
  /** One a replica [7]. */
  readonly seeds?: readonly number[];
  readonly step?: number;
  readonly type?: 'f32' | 'f16';
  readonly augment?: AugmentationSpec;
  /** Bytes that a buffer of the data set may have [what the adapter offers]. */
  readonly bufferBytes?: number;
}

/** A training batch as the GPU gathers it: x of all replicas, their targets, and how many dispatches that took. */
export async function gathered(gpu: Gpu, data: Dataset, options: GatherOptions) {
  const { batch, seeds = [7], step = 0, type = 'f32', augment, bufferBytes } = options;
  const replicas = seeds.length;
  const narrow: Gpu = bufferBytes
    ? Object.create(gpu, { limits: { value: { maxStorageBufferBindingSize: bufferBytes, maxBufferSize: bufferBytes } } })
    : gpu;
  const workspace = new Workspace(gpu, 'test');
  const resident = await ResidentData.create(narrow, data);
  const state = new TrainingState(workspace, replicas);
  state.write({ step, samples: data.size, batch, origin: 0, seeds, learningRates: seeds.map(() => 0) });
  const made = (label: string, bytes: number) => workspace.createBuffer(label, Math.ceil(bytes / 4) * 4, STORAGE | COPY_SRC);
  const rows = replicas * batch;
  const x = made('x', rows * elements(data.inputShape) * (type === 'f16' ? 2 : 4));
  const y = made('y', rows * elements(data.targetShape ?? []) * 4);
  const range = (buffer: GPUBuffer) => ({ buffer, offset: 0, size: buffer.size });
  try {
    const ranges = { x: range(x), y: range(y), state: state.range };
    const commands = await resident.gather({ workspace, replicas, batch, shuffle: true, type, augment, ...ranges });
    workspace.submit((encoder) => encode(encoder, commands));
    const [ofX, ofY] = (await readRanges(workspace, [ranges.x, ranges.y])) as [ArrayBuffer, ArrayBuffer];
    return {
      x: type === 'f16' ? fromHalf(new Uint16Array(ofX)) : new Float32Array(ofX),
      y: new Float32Array(ofY),
      dispatches: commands.length,
    };
  } finally {
    resident.destroy();
    workspace.destroy();
  }
}
