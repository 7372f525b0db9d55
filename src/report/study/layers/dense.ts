import type { DenseLayer } from '../../../model/layers/dense.ts';
import { activationText, listed } from './details.ts';

export function denseText({ units, bias, activation }: DenseLayer): string {
  return listed(`${units} units`, !bias && 'no bias', activationText(activation));
}
