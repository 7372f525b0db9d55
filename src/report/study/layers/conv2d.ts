import type { Conv2dLayer } from '../../../model/layers/conv2d.ts';
import { activationText, by, dilationText, listed, paddingText, strideText } from './details.ts';

export function conv2dText(layer: Omit<Conv2dLayer, 'type'>): string {
  const { filters, kernel, strides, dilations, groups, padding, bias, activation } = layer;
  return listed(
    `${filters} filters of ${by(kernel)}`,
    strideText(strides, [1, 1]),
    dilationText(dilations),
    groups > 1 && `${groups} groups`,
    paddingText(padding),
    !bias && 'no bias',
    activationText(activation),
  );
}
