import type { Value } from '../core/value.ts';
import { isWeighted } from '../model/layers/weighted.ts';
import type { ResolvedLayer } from '../model/resolve.ts';

/** A batch normalisation as what it does at inference: value x scale + offset. */
export interface Fold {
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

interface Weighted {
  parent(layer: ResolvedLayer, role: string): Value | undefined;
}

/** What a batch normalisation does; undefined for another layer. */
export function affine(norm: ResolvedLayer, weights: Weighted): Fold | undefined {
  const { layer } = norm;
  if (layer.type !== 'batchNorm') return undefined;
  const [scale, offset, mean, variance] = ['scale', 'offset', 'mean', 'variance'].map((role) => weights.parent(norm, role)?.data);
  if (!scale || !offset || !mean || !variance) return undefined;
  const factors = Array.from(scale, (value, index) => value / Math.sqrt((variance[index] ?? 1) + layer.epsilon));
  return { scale: factors, offset: factors.map((factor, index) => (offset[index] ?? 0) - factor * (mean[index] ?? 0)) };
}

/** The same, where it stands behind a layer that can do it itself: one with weights and no activation in between. */
export function foldOf(norm: ResolvedLayer, before: ResolvedLayer, weights: Weighted): Fold | undefined {
  const { layer } = before;
  return isWeighted(layer) && layer.activation === undefined ? affine(norm, weights) : undefined;
}
