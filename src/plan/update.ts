import type { BufferRange } from '../gpu/buffers.ts';
import type { Kernel } from '../gpu/kernel.ts';
import type { Workspace } from '../gpu/workspace.ts';
import { overflowKernel } from '../kernels/mixed.ts';
import { CHUNK, optimizerKernel, segmentTable } from '../kernels/optimizer.ts';
import type { GraphOptions } from './layout.ts';
import type { ParameterStore } from './parameters.ts';
import type { TrainingState } from './state.ts';

/** The dispatches by which an optimizer changes all parameters that have a gradient, one a group; none without an optimizer. */
export function updateDispatches(
  workspace: Workspace,
  { update, precision }: GraphOptions,
  parameters: ParameterStore,
  state: TrainingState,
  make: (label: string, bytes: number) => GPUBuffer,
): { kernel: Kernel; ranges: BufferRange[] }[] {
  if (!update) return [];
  const { capabilities } = workspace.gpu;
  const mixed = precision === 'mixed';
  const searches = [];
  const updates = [];
  for (const { gradients, values, moments, halves, segments } of parameters.groups) {
    if (!gradients) continue;
    const { words, chunks } = segmentTable(segments);
    const table = make('optimizer table', words.byteLength);
    workspace.write(table, 0, words);
    if (mixed)
      searches.push({
        kernel: overflowKernel(chunks, CHUNK, capabilities),
        ranges: [whole(table), whole(gradients), state.range],
      });
    updates.push({
      kernel: optimizerKernel(update.optimizer, update.schedule, chunks, capabilities, mixed),
      ranges: [whole(table), state.range, ...[gradients, values, ...moments, ...(halves ? [halves] : [])].map(whole)],
    });
  }
  // Every group is searched for overflows before any is updated.
  return [...searches, ...updates];
}

function whole(buffer: GPUBuffer): BufferRange {
  return { buffer, offset: 0, size: buffer.size };
}
