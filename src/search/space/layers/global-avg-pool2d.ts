import type { GlobalAvgPool2dLayer } from '../../../model/layers/global-avg-pool2d.ts';
import type { LayerEdits } from './edits.ts';

export const globalAvgPool2dEdits: LayerEdits<GlobalAvgPool2dLayer> = { role: 'averaging' };
