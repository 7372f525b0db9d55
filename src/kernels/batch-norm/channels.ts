import type { Access } from '../../gpu/kernel.ts';
import { APART, type FusedFamily } from '../fused.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { type BatchNormProblem, batchNormConstants, batchNormSplits, sized } from './problem.ts';

/** All passes of a direction in one dispatch, an invocation a channel: on software drivers, where there are few rows. */
export function channelsFamily(name: string, source: string, bindings: readonly Access[]): FusedFamily<BatchNormProblem> {
  const supports = ({ joined, x, saved }: BatchNormProblem) => joined && !saved && batchNormSplits(x.rows).splits === 1;
  return {
    name,
    prefer: (problem) => (supports(problem) && problem.x.rows <= FEW_ROWS ? 'channels' : APART),
    variants: [
      {
        name: 'channels',
        madeFor: 'cpu',
        supports,
        build(problem, capabilities) {
          const spread = grid('a batch normalisation', problem.x.channels, CHANNEL_LANES, problem.replicas, capabilities);
          return kernel(
            `${name}/channels`,
            source,
            sized(problem, { ...batchNormConstants(problem), ...spread.constants }, capabilities),
            bindings,
            spread.workgroups,
          );
        },
      },
    ],
  };
}

/** A vector register's channels: more workgroups for more threads. */
const CHANNEL_LANES = 8;
/** Rows that one invocation walks down in about the time that a dispatch takes. */
const FEW_ROWS = 2048;
