import type { FlattenLayer } from '../../../model/types.ts';
import type { LayerEdits } from './edits.ts';

export const flattenEdits: LayerEdits<FlattenLayer> = { role: 'flattening' };
