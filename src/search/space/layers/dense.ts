import type { DenseLayer } from '../../../model/layers/dense.ts';
import type { LayerEdits } from './edits.ts';
import { sloped } from './slopes.ts';
import { half, scaled, unitRanges } from './widths.ts';

export const denseEdits: LayerEdits<DenseLayer> = {
  role: 'dense',
  makesClasses: true,
  mutations: {
    width(layer, { space, random, isOutput, inside }) {
      if (isOutput) return undefined;
      const units = scaled(layer.units, unitRanges(space, inside), random);
      return { to: [{ ...layer, units }], change: `${layer.units} -> ${units} units` };
    },
    slope: sloped,
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
