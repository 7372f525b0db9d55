import type { ActivationLayer } from '../../../model/layers/activation.ts';
import { activationText } from './details.ts';

export function activationLayerText({ activation }: ActivationLayer): string {
  return activationText(activation);
}
