import type { IrNode } from './ir.ts';

const NEVER_NEGATIVE = ['relu', 'relu6', 'sigmoid', 'hardSigmoid', 'softmax'];
const KEEPS_SIGN = [
  'maxPool2d',
  'avgPool2d',
  'globalAvgPool2d',
  'globalMaxPool2d',
  'flatten',
  'reshape',
  'channelShuffle',
  'upsample2d',
];

/** Whether no element of a node's output is below 0, as far as the layers before it tell. */
export function isNonNegative(node: IrNode): boolean {
  let { step, inputs } = node;
  for (;;) {
    if (step.kind !== 'layer') return false;
    const { layer } = step;
    if (layer.type === 'activation') return NEVER_NEGATIVE.includes(String(layer.activation));
    const [before] = inputs;
    if (!KEEPS_SIGN.includes(layer.type) || !before) return false;
    ({ step, inputs } = before);
  }
}
