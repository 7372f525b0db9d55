import type { RepeatLayer } from '../../../model/types.ts';
import { DROPPED, type LayerEdits } from './edits.ts';
import { endingWith } from './endings.ts';

export const repeatEdits: LayerEdits<RepeatLayer> = {
  role: 'block',
  changesInside: 'repeat',
  mutations: {
    times(layer, { space, random }) {
      const ranges = space.blocks.flatMap((block) => (block.type === 'repeat' ? [block.times] : []));
      const times = layer.times + (random.below(2) === 0 ? -1 : 1);
      const isNamed = ranges.some(([least, most]) => times >= least && times <= most);
      return isNamed ? { to: [{ ...layer, times }], change: `${layer.times} -> ${times} times` } : undefined;
    },
  },
  /** Its layers keep the shape of what they are given. */
  widen: (layer, given) => ({ ...layer, layers: endingWith(layer.layers, given.at(-1)) }),
  ...DROPPED,
};
