import { elementwise } from '../../core/activation.ts';
import type { BatchNormLayer } from '../../model/layers/batch-norm.ts';
import type { LayerNormLayer } from '../../model/layers/layer-norm.ts';
import type { PreluLayer } from '../../model/layers/prelu.ts';
import { type Features, mainSource, reshaped, through } from '../features.ts';
import { affine } from '../fold.ts';
import type { Handover, Placed, Rule } from '../rule.ts';
import { sameLayer } from './same.ts';

type ScaleLayer = BatchNormLayer | LayerNormLayer | PreluLayer;

/** Gives each feature of the child the numbers of that of the parent, and further ones the initialiser's. */
function carried(handover: Handover, parent: Placed<ScaleLayer>, child: Placed<ScaleLayer>, { sources }: Features): void {
  for (const parameter of child.parameters) {
    const role = parameter.name.slice(parameter.name.lastIndexOf('/') + 1);
    const from = handover.parent(parent, role)?.data;
    if (!from) continue;
    const data = handover.fresh(parameter);
    // One number for all features stays that.
    const single = from.length === 1 && data.length === 1;
    for (let feature = 0; feature < data.length; feature++) {
      const source = single ? 0 : mainSource(sources[feature] ?? []);
      if (source !== undefined && source < from.length) data[feature] = from[source] ?? 0;
    }
    handover.give(parameter, data);
  }
}

const after = (parent: Placed<ScaleLayer>, child: Placed<ScaleLayer>, { sources }: Features): Features => ({
  parent: parent.outputShape,
  child: child.outputShape,
  sources,
});

export const batchNormRule: Rule<BatchNormLayer> = {
  likeness: () => 2,
  kept(handover, parent, child, given) {
    carried(handover, parent, child, given);
    const mean = handover.parameter(child, 'mean');
    const data = mean && handover.made.get(mean.name)?.data;
    const { constant, sources } = given;
    // The mean of what is less by a constant is, too.
    if (mean && data && constant)
      handover.give(
        mean,
        data.map((value, feature) => value - (constant[mainSource(sources[feature] ?? []) ?? -1] ?? 0)),
      );
    return after(parent, child, given);
  },
  /** At inference the identity, or the bias that is not there any more; in training it makes its inputs as large as each other. */
  inserted(handover, child, given) {
    const values = {
      scale: Math.sqrt(1 + child.layer.epsilon),
      offset: 0,
      mean: 0,
      variance: 1,
    };
    for (const [role, value] of Object.entries(values)) {
      const parameter = handover.parameter(child, role);
      if (!parameter) continue;
      const data = handover.fresh(parameter);
      given.sources.forEach((list, feature) => {
        if (list.length > 0) data[feature] = role === 'offset' ? (given.constant?.[mainSource(list) ?? -1] ?? 0) : value;
      });
      handover.give(parameter, data);
    }
    return { parent: given.parent, child: child.outputShape, sources: given.sources };
  },
  removed(handover, parent, given) {
    const did = affine(parent, handover);
    if (!did) return given;
    const { scale, offset } = did;
    const constant = offset.map((value, feature) => value + (scale[feature] ?? 1) * (given.constant?.[feature] ?? 0));
    return { ...through(given, given.parent, (from) => [{ from, share: scale[from] ?? 1 }]), constant };
  },
};

export const layerNormRule: Rule<LayerNormLayer> = {
  likeness: (parent, child) => (sameLayer(parent, child) ? 3 : 2),
  kept(handover, parent, child, given) {
    carried(handover, parent, child, given);
    return after(parent, child, given);
  },
  inserted: (_handover, child, given) => ({ parent: given.parent, child: child.outputShape, sources: given.sources }),
  removed: (_handover, parent, given) => reshaped(given, { parent: parent.outputShape }),
};

export const preluRule: Rule<PreluLayer> = {
  likeness: () => 2,
  kept(handover, parent, child, given) {
    carried(handover, parent, child, given);
    return after(parent, child, given);
  },
  /** In place of a ReLU, that one's slope; else the identity. */
  inserted(handover, child, given) {
    const slope = handover.parameter(child, 'slope');
    const replaced = elementwise(handover.lost);
    const value = replaced?.kind === 'leakyRelu' ? (replaced.options.slope ?? 0) : replaced?.kind === 'relu' ? 0 : 1;
    if (slope) {
      const data = handover.fresh(slope);
      given.sources.forEach((list, feature) => {
        if (list.length > 0) data[feature] = value;
      });
      handover.give(slope, data);
    }
    handover.lost = undefined;
    return { parent: given.parent, child: child.outputShape, sources: given.sources };
  },
  removed: (_handover, parent, given) => reshaped(given, { parent: parent.outputShape }),
};
