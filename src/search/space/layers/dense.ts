import type { DenseLayer } from '../../../model/layers/dense.ts';
import type { LayerEdits } from './edits.ts';
import { half, scaled } from './widths.ts';

export const denseEdits: LayerEdits<DenseLayer> = {
  role: 'dense',
  makesClasses: true,
  mutations: {
    width(layer, { space, random, isOutput }) {
      if (isOutput) return undefined;
      const ranges = space.heads.flatMap((head) => (head.type === 'hidden' ? [head.units] : []));
      const units = scaled(layer.units, ranges, random);
      return { to: [{ ...layer, units }], change: `${layer.units} -> ${units} units` };
    },
  },
  reductions(layer, isOutput) {
    const { units } = layer;
    if (isOutput) return [];
    const without = { to: [], change: `without ${units} units` };
    return units > 1
      ? [without, { to: [{ ...layer, units: half(units) }], change: `${units} -> ${half(units)} units` }]
      : [without];
  },
};
