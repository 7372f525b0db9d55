import { activationDefinition } from './activation.ts';
import { avgPool2dDefinition } from './avg-pool2d.ts';
import { batchNormDefinition } from './batch-norm.ts';
import { capsuleLengthDefinition } from './capsule-length.ts';
import { capsulesDefinition } from './capsules.ts';
import { channelShuffleDefinition } from './channel-shuffle.ts';
import { conv2dDefinition } from './conv2d.ts';
import { conv2dTransposeDefinition } from './conv2d-transpose.ts';
import type { NamedLayer, SimpleDefinition } from './definition.ts';
import { denseDefinition } from './dense.ts';
import { depthwiseConv2dDefinition } from './depthwise-conv2d.ts';
import { dropoutDefinition } from './dropout.ts';
import { flattenDefinition } from './flatten.ts';
import { globalAvgPool2dDefinition } from './global-avg-pool2d.ts';
import { globalMaxPool2dDefinition } from './global-max-pool2d.ts';
import { joinDefinition } from './join.ts';
import { layerNormDefinition } from './layer-norm.ts';
import { maxPool2dDefinition } from './max-pool2d.ts';
import { preluDefinition } from './prelu.ts';
import { primaryCapsulesDefinition } from './primary-capsules.ts';
import { reshapeDefinition } from './reshape.ts';
import { tapDefinition } from './tap.ts';
import { upsample2dDefinition } from './upsample2d.ts';

/** The layer types that hold no other layers. */
export const simpleDefinitions = {
  conv2d: conv2dDefinition,
  depthwiseConv2d: depthwiseConv2dDefinition,
  maxPool2d: maxPool2dDefinition,
  avgPool2d: avgPool2dDefinition,
  globalAvgPool2d: globalAvgPool2dDefinition,
  dense: denseDefinition,
  flatten: flattenDefinition,
  dropout: dropoutDefinition,
  batchNorm: batchNormDefinition,
  activation: activationDefinition,
  conv2dTranspose: conv2dTransposeDefinition,
  upsample2d: upsample2dDefinition,
  globalMaxPool2d: globalMaxPool2dDefinition,
  layerNorm: layerNormDefinition,
  prelu: preluDefinition,
  channelShuffle: channelShuffleDefinition,
  reshape: reshapeDefinition,
  tap: tapDefinition,
  join: joinDefinition,
  primaryCapsules: primaryCapsulesDefinition,
  capsules: capsulesDefinition,
  capsuleLength: capsuleLengthDefinition,
};

type LayerOf<D> = D extends SimpleDefinition<infer L extends NamedLayer> ? L : never;

/** A layer that holds no others. */
export type SimpleLayer = LayerOf<(typeof simpleDefinitions)[keyof typeof simpleDefinitions]>;
