import type { MaxPool2dLayer } from '../../../model/layers/max-pool2d.ts';
import { by, listed, paddingText, strideText } from './details.ts';

export function maxPool2dText({ size, strides, padding }: MaxPool2dLayer): string {
  return listed(by(size), strideText(strides, size), paddingText(padding));
}
