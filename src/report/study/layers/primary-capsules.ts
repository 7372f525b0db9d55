import type { PrimaryCapsulesLayer } from '../../../model/layers/primary-capsules.ts';
import { by, dilationText, listed, paddingText, strideText } from './details.ts';

export function primaryCapsulesText({ kernel, dimension, strides, dilations, padding, bias }: PrimaryCapsulesLayer): string {
  return listed(
    `${dimension} numbers each`,
    by(kernel),
    strideText(strides, [1, 1]),
    dilationText(dilations),
    paddingText(padding),
    !bias && 'no bias',
  );
}
