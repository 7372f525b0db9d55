import { innerLists, withInnerLists } from '../../../model/layers/registry.ts';
import type { Layer, LayerType } from '../../../model/types.ts';
import { avgPool2dEdits } from './avg-pool2d.ts';
import { branchEdits } from './branch.ts';
import { conv2dEdits } from './conv2d.ts';
import { denseEdits } from './dense.ts';
import { depthwiseConv2dEdits } from './depthwise-conv2d.ts';
import { DROPPED, type Inside, type LayerEdits } from './edits.ts';
import { flattenEdits } from './flatten.ts';
import { gateEdits } from './gate.ts';
import { globalAvgPool2dEdits } from './global-avg-pool2d.ts';
import { maxPool2dEdits } from './max-pool2d.ts';
import { repeatEdits } from './repeat.ts';
import { residualEdits } from './residual.ts';
import { activationEdits, preluEdits } from './slopes.ts';

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
  activation: activationEdits,
  conv2dTranspose: LEFT_ALONE,
  upsample2d: LEFT_ALONE,
  globalMaxPool2d: LEFT_ALONE,
  layerNorm: LEFT_ALONE,
  prelu: preluEdits,
  channelShuffle: LEFT_ALONE,
  gate: gateEdits,
  reshape: LEFT_ALONE,
  repeat: repeatEdits,
  merge: LEFT_ALONE,
  tap: LEFT_ALONE,
  join: LEFT_ALONE,
  primaryCapsules: LEFT_ALONE,
  capsules: LEFT_ALONE,
  capsuleLength: LEFT_ALONE,
};

/** Those of a layer's type, for that layer alone. */
export function editsOf({ type }: Layer): LayerEdits<Layer> {
  return EDITS[type] as LayerEdits<Layer>;
}

/** A list of layers in a layer, and the layer with another in its place. */
export interface ChangeableList {
  readonly layers: readonly Layer[];
  readonly inside: Inside;
  replaced(layers: readonly Layer[]): Layer;
}

/** The lists of layers in a layer that the search changes too. */
export function changeableLists(layer: Layer): readonly ChangeableList[] {
  const { changesInside: inside } = editsOf(layer);
  if (!inside) return [];
  const lists = innerLists(layer).map(({ layers }) => layers);
  return lists.map((layers, which) => ({
    layers,
    inside,
    replaced(other) {
      const replaced = lists.map((list, index) => (index === which ? other : list));
      return withInnerLists(layer, replaced);
    },
  }));
}

/** The layer with each list in it changed that the search changes. */
export function mapInner(layer: Layer, change: (layers: readonly Layer[]) => readonly Layer[]): Layer {
  return withChangeable(
    layer,
    changeableLists(layer).map(({ layers }) => change(layers)),
  );
}

/** The layer with these lists in it, where the search changes those. */
export function withChangeable(layer: Layer, lists: readonly (readonly Layer[])[]): Layer {
  return editsOf(layer).changesInside && lists.length > 0 ? withInnerLists(layer, lists) : layer;
}
