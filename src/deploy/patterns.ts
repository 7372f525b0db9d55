import type { Pair } from '../core/geometry.ts';
import { sameShape } from '../core/value.ts';
import { channelsOf, type Node, required, type Tensor } from '../graph/tensor.ts';
import { type CalculationAttributes, calculationOperation } from '../ops/calculation.ts';
import { type NormalizeAttributes, normalizeOperation } from '../ops/layer-norm.ts';
import { reshapeOperation } from '../ops/reshape.ts';
import { transposeOperation } from '../ops/transpose.ts';

/** What several nodes are together. */
export type Pattern = {
  readonly x: Tensor;
  /** All of its nodes but the last. */
  readonly inner: readonly Node[];
} & (
  | { readonly type: 'channelShuffle'; readonly groups: number }
  | { readonly type: 'upsample2d'; readonly factor: Pair }
  | { readonly type: 'layerNorm'; readonly normalize: NormalizeAttributes; readonly scale: Tensor; readonly offset: Tensor }
);

/** What ends with a node: the layers that are lowered to several nodes, and are one operation elsewhere. */
export function patternOf(node: Node): Pattern | undefined {
  return channelShuffle(node) ?? upsample2d(node) ?? layerNorm(node);
}

/** Reshape to [rows, groups, channels / groups], transpose, and reshape back. */
function channelShuffle(node: Node): Pattern | undefined {
  const transposed = node.operation === reshapeOperation ? required(node, 'x').node : undefined;
  if (transposed?.operation !== transposeOperation) return undefined;
  const { permutation } = transposed.attributes as { readonly permutation: readonly number[] };
  const grouped = required(transposed, 'x');
  if (grouped.node.operation !== reshapeOperation || !sameShape(permutation, [0, 2, 1])) return undefined;
  const x = required(grouped.node, 'x');
  const [, groups = 1, size = 1] = grouped.shape;
  if (!sameShape(x.shape, node.outputs[0]?.shape ?? []) || groups * size !== channelsOf(x.shape)) return undefined;
  return { type: 'channelShuffle', x, inner: [transposed, grouped.node], groups };
}

/** Reshape to [N,H,1,W,1,C], a copy that is broadcast to [N,H,down,W,across,C], and a reshape to an image. */
function upsample2d(node: Node): Pattern | undefined {
  const copied = node.operation === reshapeOperation ? required(node, 'x') : undefined;
  if (copied?.node.operation !== calculationOperation || copied.shape.length !== 6) return undefined;
  const { calculation, factor } = copied.node.attributes as CalculationAttributes;
  const apart = required(copied.node, 'a');
  if (calculation !== 'copy' || factor !== 1 || apart.node.operation !== reshapeOperation) return undefined;
  const [batch = 0, height = 0, down = 0, width = 0, across = 0, channels = 0] = copied.shape;
  if (!sameShape(apart.shape, [batch, height, 1, width, 1, channels])) return undefined;
  return { type: 'upsample2d', x: required(apart.node, 'x'), inner: [copied.node, apart.node], factor: [down, across] };
}

/** The normalised values, times a scale, plus an offset. */
function layerNorm(node: Node): Pattern | undefined {
  if (node.operation !== calculationOperation) return undefined;
  const { calculation, factor } = node.attributes as CalculationAttributes;
  const normalised = required(node, 'a').node;
  if (calculation !== 'multiplyAdd' || factor !== 1 || normalised.operation !== normalizeOperation) return undefined;
  return {
    type: 'layerNorm',
    x: required(normalised, 'x'),
    inner: [normalised],
    normalize: normalised.attributes as NormalizeAttributes,
    scale: required(node, 'b'),
    offset: required(node, 'c'),
  };
}
