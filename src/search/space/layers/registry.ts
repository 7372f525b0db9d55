import type { Layer, LayerType } from '../../../model/types.ts';
import { avgPool2dEdits } from './avg-pool2d.ts';
import { branchEdits } from './branch.ts';
import { conv2dEdits } from './conv2d.ts';
import { denseEdits } from './dense.ts';
import { depthwiseConv2dEdits } from './depthwise-conv2d.ts';
import { DROPPED, type Inside, type LayerEdits } from './edits.ts';
import { flattenEdits } from './flatten.ts';
import { globalAvgPool2dEdits } from './global-avg-pool2d.ts';
import { maxPool2dEdits } from './max-pool2d.ts';
import { residualEdits } from './residual.ts';

/** For a layer that the search carries along as it is. */
const LEFT_ALONE = {};

/** How the search may change each type of layer. */
const EDITS: { readonly [T in LayerType]: LayerEdits<Extract<Layer, { readonly type: T }>> } = {
  conv2d: conv2dEdits,
  depthwiseConv2d: depthwiseConv2dEdits,
  maxPool2d: maxPool2dEdits,
  avgPool2d: avgPool2dEdits,
  globalAvgPool2d: globalAvgPool2dEdits,
  dense: denseEdits,
  flatten: flattenEdits,
  branch: branchEdits,
  residual: residualEdits,
  batchNorm: DROPPED,
  dropout: DROPPED,
  activation: LEFT_ALONE,
};

/** Those of a layer's type, for that layer alone. */
export function editsOf({ type }: Layer): LayerEdits<Layer> {
  return EDITS[type] as LayerEdits<Layer>;
}

/** A list of layers in a layer, and the layer with another in its place. */
export interface InnerList {
  readonly layers: readonly Layer[];
  readonly inside: Inside;
  replaced(layers: readonly Layer[]): Layer;
}

/** The lists of layers in a layer that the search changes too. */
export function innerLists(layer: Layer): readonly InnerList[] {
  const { inner } = editsOf(layer);
  const lists = inner?.lists(layer) ?? [];
  return lists.map((layers, which) => ({
    layers,
    inside: inner?.inside,
    replaced: (other) =>
      inner?.with(
        layer,
        lists.map((list, place) => (place === which ? other : list)),
      ) ?? layer,
  }));
}

/** The layer with each list of layers in it changed. */
export function mapInner(layer: Layer, change: (layers: readonly Layer[]) => readonly Layer[]): Layer {
  const { inner } = editsOf(layer);
  return inner ? inner.with(layer, inner.lists(layer).map(change)) : layer;
}
