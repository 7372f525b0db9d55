import type { Layer, LayerType } from '../../../model/types.ts';
import { activationLayerText } from './activation.ts';
import { avgPool2dText } from './avg-pool2d.ts';
import { branchPicture, branchText } from './branch.ts';
import { capsulesText } from './capsules.ts';
import { channelShuffleText } from './channel-shuffle.ts';
import { conv2dText } from './conv2d.ts';
import { denseText } from './dense.ts';
import { depthwiseConv2dText } from './depthwise-conv2d.ts';
import { dropoutText } from './dropout.ts';
import { gatePicture, gateText } from './gate.ts';
import { joinText } from './join.ts';
import { layerNormText } from './layer-norm.ts';
import { maxPool2dText } from './max-pool2d.ts';
import { mergePicture, mergeText } from './merge.ts';
import type { Picture } from './picture.ts';
import { primaryCapsulesText } from './primary-capsules.ts';
import { repeatPicture, repeatText } from './repeat.ts';
import { residualPicture, residualText } from './residual.ts';
import { tapText } from './tap.ts';
import { upsample2dText } from './upsample2d.ts';

/** For a layer of which its type says all. */
const TYPE_ALONE = () => '';

/** What a page says of a layer of each type beside its name and shape. */
const TEXTS: { readonly [T in LayerType]: (layer: Extract<Layer, { readonly type: T }>) => string } = {
  conv2d: conv2dText,
  depthwiseConv2d: depthwiseConv2dText,
  maxPool2d: maxPool2dText,
  avgPool2d: avgPool2dText,
  globalAvgPool2d: TYPE_ALONE,
  dense: denseText,
  flatten: TYPE_ALONE,
  branch: branchText,
  residual: residualText,
  batchNorm: TYPE_ALONE,
  dropout: dropoutText,
  activation: activationLayerText,
  reshape: TYPE_ALONE,
  conv2dTranspose: conv2dText,
  upsample2d: upsample2dText,
  globalMaxPool2d: TYPE_ALONE,
  layerNorm: layerNormText,
  prelu: TYPE_ALONE,
  channelShuffle: channelShuffleText,
  gate: gateText,
  repeat: repeatText,
  merge: mergeText,
  tap: tapText,
  join: joinText,
  primaryCapsules: primaryCapsulesText,
  capsules: capsulesText,
  capsuleLength: TYPE_ALONE,
};

/** What a layer is, in a few words. */
export function layerText(layer: Layer): string {
  return (TEXTS[layer.type] as (layer: Layer) => string)(layer);
}

/** How a layer that holds others is drawn around them; of one that holds none nothing. */
export function pictureOf(layer: Layer): Picture {
  switch (layer.type) {
    case 'branch':
      return branchPicture;
    case 'residual':
      return residualPicture(layer);
    case 'gate':
      return gatePicture;
    case 'merge':
      return mergePicture(layer);
    case 'repeat':
      return repeatPicture;
    default:
      return {};
  }
}
