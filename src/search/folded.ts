import { elements } from '../core/value.ts';
import type { ResolvedLayer } from '../model/resolve.ts';

/**
 * Trained numbers that are gone once each batch normalisation is folded into the convolution or dense layer right before it, which
 * then has a bias, as every export does it.
 */
export function foldedAway(layers: readonly ResolvedLayer[]): number {
  return layers.reduce((sum, { layer, parameters, inner }, index) => {
    const before = layers[index - 1];
    const folds = layer.type === 'batchNorm' && layer.shared === undefined && before !== undefined && takesIn(before);
    const own = parameters.reduce((count, { shape, statistic }) => count + (statistic ? 0 : elements(shape)), 0);
    const bias = folds && !hasBias(before) ? (before.outputShape.at(-1) ?? 0) : 0;
    return sum + (folds ? own - bias : 0) + inner.reduce((count, list) => count + foldedAway(list), 0);
  }, 0);
}

/** Whether a layer is one whose weights can take in what multiplies its output, and are no other's. */
function takesIn({ layer }: ResolvedLayer): boolean {
  switch (layer.type) {
    case 'conv2d':
    case 'depthwiseConv2d':
    case 'conv2dTranspose':
    case 'dense':
      return layer.shared === undefined && layer.activation === undefined;
    default:
      return false;
  }
}

function hasBias({ layer }: ResolvedLayer): boolean {
  return 'bias' in layer && layer.bias;
}
