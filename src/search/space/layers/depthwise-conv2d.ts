import type { DepthwiseConv2dLayer } from '../../../model/layers/depthwise-conv2d.ts';
import { DROPPED, type LayerEdits } from './edits.ts';
import { windowMutations } from './windows.ts';

export const depthwiseConv2dEdits: LayerEdits<DepthwiseConv2dLayer> = {
  role: 'block',
  mutations: windowMutations<DepthwiseConv2dLayer>((inside) => (inside === 'repeat' ? 'repeat' : 'separable')),
  ...DROPPED,
};
