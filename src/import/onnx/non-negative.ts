import type { ActivationKind } from '../../core/activations/registry.ts';
import type { SimpleLayer } from '../../model/layers/simple.ts';
import type { IrNode } from './ir.ts';

const NEVER_NEGATIVE: Readonly<Record<ActivationKind | 'softmax', boolean>> = {
  relu: true,
  leakyRelu: false,
  sigmoid: true,
  tanh: false,
  elu: false,
  gelu: false,
  silu: false,
  hardSwish: false,
  hardSigmoid: true,
  relu6: true,
  softmax: true,
};

/** Whether a layer makes nothing below 0 of what is not, whatever its weights. */
const STAYS_NON_NEGATIVE: Readonly<Record<Exclude<SimpleLayer['type'], 'activation'>, boolean>> = {
  conv2d: false,
  depthwiseConv2d: false,
  maxPool2d: true,
  avgPool2d: true,
  globalAvgPool2d: true,
  dense: false,
  flatten: true,
  dropout: true,
  batchNorm: false,
  conv2dTranspose: false,
  upsample2d: true,
  globalMaxPool2d: true,
  layerNorm: false,
  prelu: true,
  channelShuffle: true,
  reshape: true,
  tap: true,
  join: false,
  primaryCapsules: false,
  capsules: false,
  capsuleLength: true,
};

/** Whether no element of a node's output is below 0, as far as the layers before it tell. */
export function isNonNegative(node: IrNode): boolean {
  let { step, inputs } = node;
  for (;;) {
    if (step.kind !== 'layer') return false;
    const { layer } = step;
    if (layer.type === 'activation') {
      const { activation } = layer;
      return NEVER_NEGATIVE[typeof activation === 'string' ? activation : activation.type];
    }
    const [before] = inputs;
    if (!STAYS_NON_NEGATIVE[layer.type] || !before) return false;
    ({ step, inputs } = before);
  }
}
