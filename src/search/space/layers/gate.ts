import type { GateLayer } from '../../../model/types.ts';
import { DROPPED, type LayerEdits } from './edits.ts';

export const gateEdits: LayerEdits<GateLayer> = {
  role: 'block',
  changesInside: 'gate',
  /** The last layer gives a factor for each channel that the gate is given. */
  widen(layer, given) {
    const last = layer.layers.at(-1);
    const channels = given.at(-1);
    if (last?.type !== 'dense' || channels === undefined) return layer;
    return { ...layer, layers: [...layer.layers.slice(0, -1), { ...last, units: channels }] };
  },
  ...DROPPED,
};
