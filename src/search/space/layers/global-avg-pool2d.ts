import type { GlobalAvgPool2dLayer } from '../../../model/types.ts';
import type { LayerEdits } from './edits.ts';

export const globalAvgPool2dEdits: LayerEdits<GlobalAvgPool2dLayer> = { role: 'averaging' };
