import type { Layer, LayerType } from '../../model/types.ts';
import type { Rule } from '../rule.ts';
import { capsuleRule } from './capsules.ts';
import { branchRule, gateRule, mergeRule, repeatRule, residualRule } from './containers.ts';
import { depthwiseConv2dRule } from './depthwise-conv2d.ts';
import { batchNormRule, layerNormRule, preluRule } from './scales.ts';
import { activationRule, channelShuffleRule, flattenRule, passingRule, reshapeRule } from './shapes.ts';
import { joinRule, tapRule } from './taps.ts';
import { weightedRule } from './weighted.ts';

/** How each type of layer hands down what it does. */
const RULES: { readonly [T in LayerType]: Rule<Extract<Layer, { readonly type: T }>> } = {
  conv2d: weightedRule,
  conv2dTranspose: weightedRule,
  dense: weightedRule,
  depthwiseConv2d: depthwiseConv2dRule,
  batchNorm: batchNormRule,
  layerNorm: layerNormRule,
  prelu: preluRule,
  activation: activationRule,
  dropout: passingRule,
  maxPool2d: passingRule,
  avgPool2d: passingRule,
  globalAvgPool2d: passingRule,
  globalMaxPool2d: passingRule,
  upsample2d: passingRule,
  flatten: flattenRule,
  reshape: reshapeRule,
  channelShuffle: channelShuffleRule,
  tap: tapRule,
  join: joinRule,
  residual: residualRule,
  gate: gateRule,
  repeat: repeatRule,
  branch: branchRule,
  merge: mergeRule,
  primaryCapsules: capsuleRule,
  capsules: capsuleRule,
  capsuleLength: capsuleRule,
};

/** That of a layer's type, for layers of that type alone. */
export function ruleOf({ type }: Layer): Rule<Layer> {
  return RULES[type] as Rule<Layer>;
}

/** 0 for layers of which one can't be made of the other. */
export function likeness(parent: Layer, child: Layer): number {
  return parent.type === child.type ? ruleOf(parent).likeness(parent, child) : 0;
}

export function choosesFeatures(layer: Layer): boolean {
  return ruleOf(layer).chooses?.(layer) ?? false;
}
