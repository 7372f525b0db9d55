import type { AvgPool2dLayer } from '../../../model/layers/avg-pool2d.ts';
import { by, listed, paddingText, strideText } from './details.ts';

export function avgPool2dText({ size, strides, padding }: AvgPool2dLayer): string {
  return listed(by(size), strideText(strides, size), paddingText(padding));
}
