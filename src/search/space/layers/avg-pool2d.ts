import type { AvgPool2dLayer } from '../../../model/layers/avg-pool2d.ts';
import { avgPool2d } from '../../../model/layers.ts';
import type { LayerEdits } from './edits.ts';
import { poolEdits } from './pools.ts';

export const avgPool2dEdits: LayerEdits<AvgPool2dLayer> = poolEdits((size) => avgPool2d(size));
