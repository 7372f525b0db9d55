import type { BufferRange } from '../gpu/buffers.ts';
import type { Kernel } from '../gpu/kernel.ts';
import type { Workspace } from '../gpu/workspace.ts';
import type { Tensor } from '../graph/tensor.ts';
import { clipKernel, gradientSquaresKernel, SQUARES_WORDS } from '../kernels/clip.ts';
import { roundingGradientKernel, roundingTable } from '../kernels/fake-quantize.ts';
import { overflowKernel } from '../kernels/mixed.ts';
import { optimizerKernel } from '../kernels/optimizer.ts';
import { CHUNK, type Segment, segmentTable } from '../kernels/segment-table.ts';
import { type SharedSegment, sharedSpreadKernel, sharedSumsKernel, sharedTable } from '../kernels/shared-weights.ts';
import type { GraphOptions } from './layout.ts';
import type { GroupMember } from './parameter-groups.ts';
import type { ParameterStore } from './parameters.ts';
import { roundedSegmentsOf, segmentsOf } from './segments.ts';
import type { TrainingState } from './state.ts';

/**
 * The dispatches by which an optimizer changes all parameters that have a gradient, one a group, after those that must have seen all
 * gradients before any parameter moves; none without an optimizer.
 */
export function updateDispatches(
  workspace: Workspace,
  { update, precision, replicas }: GraphOptions,
  store: ParameterStore,
  state: TrainingState,
  make: (label: string, bytes: number) => GPUBuffer,
): { kernel: Kernel; ranges: BufferRange[] }[] {
  if (!update) return [];
  const { optimizer: rule, schedule, clipNorm, averageDecay, keepsZeros, codesOf } = update;
  const { capabilities } = workspace.gpu;
  const mixed = precision === 'mixed';
  const clipped = clipNorm !== undefined;
  let chunksPerReplica = 0;
  const filled = (label: string, words: Uint32Array<ArrayBuffer>) => {
    const buffer = make(label, words.byteLength);
    workspace.write(buffer, 0, words);
    return whole(buffer);
  };
  const rounding = store.groups.flatMap(({ members, values, rounded, gradients }) => {
    if (!gradients || !rounded) return [];
    const table = roundingTable(roundedSegmentsOf(members, store.options), capabilities);
    const ranges = [filled('table of rounded parameters', table.words), whole(values), whole(gradients)];
    return [{ kernel: roundingGradientKernel(table, replicas, capabilities), ranges }];
  });
  const groups = store.groups.flatMap(({ members, gradients, values, moments, halves, averages }) => {
    if (!gradients) return [];
    const segments = segmentsOf(members, store.options);
    const { words, chunks, chunksPerReplica: end } = segmentTable(segments, schedule, chunksPerReplica);
    chunksPerReplica = end;
    const shared = codesOf ? sharedSegments(members, segments, replicas, codesOf) : [];
    const table = filled('optimizer table', words);
    const written = [values, ...moments, halves, averages].filter((buffer) => buffer !== undefined);
    return [{ table, gradients: whole(gradients), chunks, shared, written: written.map(whole) }];
  });
  const sharing = groups.flatMap(({ gradients, shared }) => {
    if (shared.length === 0) return [];
    const table = sharedTable(shared);
    const [parts, members] = [filled('parts of shared weights', table.parts), filled('shared weights', table.members)];
    const sums = whole(make('sums of shared gradients', replicas * table.count * 4));
    return [
      { kernel: sharedSumsKernel(table, replicas, capabilities), ranges: [parts, members, gradients, sums] },
      { kernel: sharedSpreadKernel(table, replicas, capabilities), ranges: [parts, members, sums, gradients] },
    ];
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
    kernel: optimizerKernel(
      { rule, schedule, chunks, mixed, clipped, averageDecay, prunes: keepsZeros !== undefined },
      capabilities,
    ),
    ranges: [table, state.range, gradients, ...written],
  }));
  return [...rounding, ...sharing, ...(mixed ? overflows : []), ...clipping(), ...updates];
}

/** A group's segments lie parameter by parameter, and of each replica by replica. */
function sharedSegments(
  members: readonly GroupMember[],
  segments: readonly Segment[],
  replicas: number,
  codesOf: (parameter: Tensor) => Uint16Array | undefined,
): SharedSegment[] {
  return members.flatMap(({ parameter }, index) => {
    const [codes, segment] = [codesOf(parameter), segments[index * replicas]];
    return codes && segment ? [{ codes, ...segment }] : [];
  });
}

function whole(buffer: GPUBuffer): BufferRange {
  return { buffer, offset: 0, size: buffer.size };
}
