import type { BufferRange } from '../gpu/buffers.ts';
import type { Kernel } from '../gpu/kernel.ts';
import type { Workspace } from '../gpu/workspace.ts';
import { clipKernel, gradientSquaresKernel, SQUARES_WORDS } from '../kernels/clip.ts';
import { overflowKernel } from '../kernels/mixed.ts';
import { CHUNK, optimizerKernel, segmentTable } from '../kernels/optimizer.ts';
import type { GraphOptions } from './layout.ts';
import type { ParameterStore } from './parameters.ts';
import type { TrainingState } from './state.ts';

/**
 * The dispatches by which an optimizer changes all parameters that have a gradient, one a group, after those that must have seen all
 * gradients before any parameter moves; none without an optimizer.
 */
export function updateDispatches(
  workspace: Workspace,
  { update, precision, replicas }: GraphOptions,
  parameters: ParameterStore,
  state: TrainingState,
  make: (label: string, bytes: number) => GPUBuffer,
): { kernel: Kernel; ranges: BufferRange[] }[] {
  if (!update) return [];
  const { optimizer: rule, schedule, clipNorm, averageDecay } = update;
  const { capabilities } = workspace.gpu;
  const mixed = precision === 'mixed';
  const clipped = clipNorm !== undefined;
  let chunksPerReplica = 0;
  const groups = parameters.groups.flatMap(({ gradients, values, moments, halves, averages, segments }) => {
    if (!gradients) return [];
    const { words, chunks, chunksPerReplica: end } = segmentTable(segments, chunksPerReplica);
    chunksPerReplica = end;
    const table = make('optimizer table', words.byteLength);
    workspace.write(table, 0, words);
    const written = [values, ...moments, halves, averages].filter((buffer) => buffer !== undefined);
    return [{ table: whole(table), gradients: whole(gradients), chunks, written: written.map(whole) }];
  });
  const overflows = groups.map(({ table, gradients, chunks }) => ({
    kernel: overflowKernel(chunks, CHUNK, capabilities),
    ranges: [table, gradients, state.range],
  }));
  const clipping = () => {
    if (!clipped || groups.length === 0) return [];
    const squares = whole(make('squares of gradients', replicas * chunksPerReplica * SQUARES_WORDS * 4));
    return [
      ...groups.map(({ table, gradients, chunks }) => ({
        kernel: gradientSquaresKernel(chunks, chunksPerReplica, capabilities),
        ranges: [table, gradients, squares],
      })),
      { kernel: clipKernel(clipNorm, chunksPerReplica, replicas, capabilities, mixed), ranges: [squares, state.range] },
    ];
  };
  const updates = groups.map(({ table, gradients, chunks, written }) => ({
    kernel: optimizerKernel({ rule, schedule, chunks, mixed, clipped, averageDecay }, capabilities),
    ranges: [table, state.range, gradients, ...written],
  }));
  return [...(mixed ? overflows : []), ...clipping(), ...updates];
}

function whole(buffer: GPUBuffer): BufferRange {
  return { buffer, offset: 0, size: buffer.size };
}
