import activations from '../../shaders/fake-quantize/activations.wgsl';
import range from '../../shaders/fake-quantize/range.wgsl';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Family } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { type View, viewConstants } from './view.ts';

/** Values between layers on the grid of their range. Bindings: x, ranges, state, y, extents. */
export interface FakeQuantizeActivationsProblem {
  readonly replicas: number;
  /** Samples; each has as many rows. */
  readonly batch: number;
  readonly x: View;
  readonly y: View;
  readonly rangeReplica: number;
}

/** What a step has seen of the values of a range. Bindings: extents of parts, extent of others before, extent, ranges. */
export interface RangeProblem {
  readonly replicas: number;
  readonly parts: number;
  readonly before: boolean;
  readonly moves: boolean;
  readonly momentum: number;
  readonly rangeReplica: number;
}

const WORKGROUP = 64;
/** Elements of a workgroup at the least, and workgroups at the most, whose extents one invocation goes over. */
const SHORTEST = 1024;
const MOST_PARTS = 256;

function chunkOf({ y }: Pick<FakeQuantizeActivationsProblem, 'y'>): number {
  const items = y.rows * y.channels;
  return Math.max(SHORTEST, Math.ceil(items / MOST_PARTS / WORKGROUP) * WORKGROUP);
}

/** Into how many parts the extent of values is cut. */
export function extentParts(problem: Pick<FakeQuantizeActivationsProblem, 'y'>): number {
  return Math.ceil((problem.y.rows * problem.y.channels) / chunkOf(problem));
}

function constantsOf(problem: FakeQuantizeActivationsProblem, capabilities: Capabilities) {
  const { x, y, replicas, batch, rangeReplica } = problem;
  const chunk = chunkOf(problem);
  const { workgroups, constants } = grid('a quantisation of values', y.rows * y.channels, chunk, replicas, capabilities);
  return {
    workgroups,
    constants: {
      ...constants,
      ...viewConstants('X', x),
      ...viewConstants('Y', y),
      WORKGROUP,
      CHUNK: chunk,
      ROWS: y.rows,
      CHANNELS: y.channels,
      BATCH: batch,
      LEADING: y.rows / batch,
      PARTS: extentParts(problem),
      RANGE_REPLICA: rangeReplica,
    },
  };
}

export const fakeQuantizeActivationsFamily: Family<FakeQuantizeActivationsProblem> = {
  name: 'fake-quantize-activations',
  prefer: () => 'direct',
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build(problem, capabilities) {
        const { constants, workgroups } = constantsOf(problem, capabilities);
        const bindings = ['read', 'read', 'read', 'write', 'write'] as const;
        return kernel('fake-quantize-activations/direct', activations, constants, bindings, workgroups);
      },
    },
  ],
};

export const rangeFamily: Family<RangeProblem> = {
  name: 'activation-range',
  prefer: () => 'direct',
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build({ replicas, parts, before, moves, momentum, rangeReplica }, capabilities) {
        const { workgroups, constants } = grid('the range of values', replicas, 16, 1, capabilities);
        const all = {
          ...constants,
          REPLICAS: replicas,
          PARTS: parts,
          BEFORE: before,
          MOVES: moves,
          MOMENTUM: { f32: momentum },
          RANGE_REPLICA: rangeReplica,
        };
        return kernel('activation-range/direct', range, all, ['read', 'read', 'write', 'write'], workgroups);
      },
    },
  ],
};
