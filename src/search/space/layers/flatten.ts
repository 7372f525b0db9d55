import type { FlattenLayer } from '../../../model/layers/flatten.ts';
import type { LayerEdits } from './edits.ts';

export const flattenEdits: LayerEdits<FlattenLayer> = { role: 'flattening' };
