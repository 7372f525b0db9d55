import type { LayerNormLayer } from '../../../model/layers/layer-norm.ts';
import { listed } from './details.ts';

export function layerNormText({ axes, scalar }: LayerNormLayer): string {
  return listed(`over ${axes === 'sample' ? 'a sample' : 'channels'}`, scalar && 'one scale and offset');
}
