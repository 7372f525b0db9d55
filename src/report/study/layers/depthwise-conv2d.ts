import type { DepthwiseConv2dLayer } from '../../../model/layers/depthwise-conv2d.ts';
import { activationText, by, dilationText, listed, paddingText, strideText } from './details.ts';

export function depthwiseConv2dText(layer: DepthwiseConv2dLayer): string {
  const { kernel, multiplier, strides, dilations, padding, bias, activation } = layer;
  return listed(
    by(kernel),
    multiplier > 1 && `${multiplier} a channel`,
    strideText(strides, [1, 1]),
    dilationText(dilations),
    paddingText(padding),
    !bias && 'no bias',
    activationText(activation),
  );
}
