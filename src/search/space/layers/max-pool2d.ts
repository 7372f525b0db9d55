import type { MaxPool2dLayer } from '../../../model/layers/max-pool2d.ts';
import { maxPool2d } from '../../../model/layers.ts';
import type { LayerEdits } from './edits.ts';
import { poolEdits } from './pools.ts';

export const maxPool2dEdits: LayerEdits<MaxPool2dLayer> = poolEdits((size) => maxPool2d(size));
