import type { BufferRange } from '../gpu/buffers.ts';
import type { Kernel } from '../gpu/kernel.ts';
import type { Workspace } from '../gpu/workspace.ts';
import { roundingKernel, roundingTable } from '../kernels/fake-quantize.ts';
import type { GraphOptions } from './layout.ts';
import type { ParameterStore } from './parameters.ts';
import { roundedSegmentsOf } from './segments.ts';

/** The dispatches that make the rounded copies of parameters, one a group: the first of a run. */
export function roundingDispatches(
  workspace: Workspace,
  { replicas }: GraphOptions,
  store: ParameterStore,
  make: (label: string, bytes: number) => GPUBuffer,
): { kernel: Kernel; ranges: BufferRange[] }[] {
  const { capabilities } = workspace.gpu;
  return store.groups.flatMap(({ members, values, rounded }) => {
    if (!rounded) return [];
    const table = roundingTable(roundedSegmentsOf(members, store.options), capabilities);
    const words = make('table of rounded parameters', table.words.byteLength);
    workspace.write(words, 0, table.words);
    const ranges = [words, values, rounded].map((buffer) => ({ buffer, offset: 0, size: buffer.size }));
    return [{ kernel: roundingKernel(table, replicas, capabilities), ranges }];
  });
}
