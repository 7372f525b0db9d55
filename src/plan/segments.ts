import { parameterAttributes } from '../graph/sources.ts';
import { replicaStride } from '../graph/tensor.ts';
import type { RoundedSegment } from '../kernels/fake-quantize.ts';
import type { Segment } from '../kernels/segment-table.ts';
import type { GroupMember, ParameterStoreOptions } from './parameter-groups.ts';

/** A group as the optimizer's table has it: each replica of each parameter that is updated. */
export function segmentsOf(
  members: readonly GroupMember[],
  { replicas, decay, keepsZeros, splits: splitsOf, roundings = [] }: ParameterStoreOptions,
): Segment[] {
  // Their partial sums are joined where the gradient of the copy becomes theirs.
  const rounded = new Set(roundings.map(({ weights }) => weights));
  return members.flatMap(({ parameter, value, gradient }) => {
    const splits = splitsOf.get(parameter);
    if (splits === undefined) return [];
    const length = replicaStride(parameter);
    const { weightDecay, decays = true } = parameterAttributes(parameter);
    return Array.from({ length: replicas }, (_, replica) => ({
      parameter: value + replica * length,
      length,
      gradient: gradient + replica * splits * length,
      splits: rounded.has(parameter) ? 1 : splits,
      distance: length,
      weightDecay,
      decay: decays ? (decay?.(parameter.shape) ?? 0) : 0,
      replica,
      keepsZeros: keepsZeros?.(parameter) ?? false,
    }));
  });
}

/** The weights of a group that are rounded, with their scales. */
export function roundedSegmentsOf(
  members: readonly GroupMember[],
  { roundings = [], splits }: ParameterStoreOptions,
): RoundedSegment[] {
  const memberOf = new Map(members.map((member) => [member.parameter, member]));
  return roundings.flatMap(({ weights, logScale, outer, channels, inner, levels }) => {
    const [ofWeights, ofScales] = [memberOf.get(weights), memberOf.get(logScale)];
    if (!ofWeights || !ofScales) return [];
    return [
      {
        ...{ outer, channels, inner, levels },
        weights: ofWeights.value,
        weightsReplica: replicaStride(weights),
        scales: ofScales.value,
        scalesReplica: replicaStride(logScale),
        gradient: ofWeights.gradient,
        splits: splits.get(weights) ?? 0,
        scalesGradient: ofScales.gradient,
      },
    ];
  });
}
