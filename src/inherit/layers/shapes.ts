import type { ChannelShuffleLayer } from '../../model/layers/channel-shuffle.ts';
import type { FlattenLayer } from '../../model/layers/flatten.ts';
import type { ReshapeLayer } from '../../model/layers/reshape.ts';
import type { Layer } from '../../model/types.ts';
import {
  byIndex,
  type Features,
  flattened,
  flattenedChild,
  flattenedParent,
  isIdentity,
  NONE,
  nothing,
  through,
  widthOf,
} from '../features.ts';
import type { Rule } from '../rule.ts';
import { sameLayer } from './same.ts';

/** Layers without weights that leave features apart, one by one: pools, activations, dropout. */
export const passingRule: Rule<Layer> = {
  likeness: (parent, child) => (sameLayer(parent, child) ? 2 : 1),
  kept: (_handover, parent, child, given) => passed(given, parent.outputShape, child.outputShape),
  inserted: (_handover, child, given) => passed(given, given.parent, child.outputShape),
  removed: (_handover, parent, given) => passed(given, parent.outputShape, given.child),
};

function passed(given: Features, parent: Features['parent'], child: Features['child']): Features {
  return { ...given, parent, child };
}

/** What a constant comes to behind an activation depends on the rest. */
function withoutConstant({ parent, child, sources }: Features): Features {
  return { parent, child, sources };
}

/** An activation stands in place of that which a layer had before. */
export const activationRule: Rule<Layer> = {
  ...passingRule,
  kept(handover, parent, child, given, wanted) {
    handover.lost = undefined;
    return passingRule.kept(handover, parent, child, withoutConstant(given), wanted);
  },
  inserted(handover, child, given, wanted) {
    handover.lost = undefined;
    return passingRule.inserted(handover, child, withoutConstant(given), wanted);
  },
  removed(handover, parent, given) {
    const { layer } = parent;
    if (layer.type === 'activation') handover.lost = layer.activation;
    return passingRule.removed(handover, parent, withoutConstant(given));
  },
};

export const flattenRule: Rule<FlattenLayer> = {
  likeness: () => 8,
  kept(_handover, parent, child, given) {
    const [images, image] = [parent.inputShape.length === 3, child.inputShape.length === 3];
    if (images && image) return flattened(given);
    if (image) return flattenedChild(given);
    return images ? flattenedParent(given) : given;
  },
  inserted: (_handover, { inputShape }, given) => (inputShape.length === 3 ? flattenedChild(given) : given),
  removed: (_handover, { inputShape }, given) => (inputShape.length === 3 ? flattenedParent(given) : given),
};

/** One that makes a vector is a flattening; beyond, only what is as it was is known. */
export const reshapeRule: Rule<ReshapeLayer> = {
  likeness: (parent, child) => (sameLayer(parent, child) ? 3 : 1),
  kept(_handover, parent, child, given) {
    const same = parent.inputShape.join() === child.inputShape.join() && sameLayer(parent.layer, child.layer);
    if (same && isIdentity(given)) return byIndex(parent.outputShape, child.outputShape);
    const vectors = [parent, child].every(({ inputShape, outputShape }) => inputShape.length === 3 && outputShape.length === 1);
    return vectors ? flattened(given) : nothing(parent.outputShape, child.outputShape);
  },
  inserted: (_handover, child, given) =>
    child.outputShape.length === 1 && child.inputShape.length === 3
      ? flattenedChild(given)
      : nothing(given.parent, child.outputShape),
  removed: (_handover, parent, given) =>
    parent.outputShape.length === 1 && parent.inputShape.length === 3
      ? flattenedParent(given)
      : nothing(parent.outputShape, given.child),
};

/** Where channel `index` of so many goes. */
function dealt(index: number, width: number, groups: number): number {
  const size = width / groups;
  return (index % size) * groups + Math.floor(index / size);
}

function shuffledChild(given: Features, groups: number): Features {
  const { sources } = given;
  const shuffled = sources.map(() => NONE);
  sources.forEach((list, index) => {
    shuffled[dealt(index, sources.length, groups)] = list;
  });
  return { ...given, sources: shuffled };
}

function shuffledParent(given: Features, groups: number): Features {
  const width = widthOf(given.parent);
  const { constant } = given;
  const dealtOut = constant?.map(() => 0);
  constant?.forEach((value, index) => {
    if (dealtOut) dealtOut[dealt(index, width, groups)] = value;
  });
  return {
    ...through(given, given.parent, (from) => [{ from: dealt(from, width, groups), share: 1 }]),
    ...(dealtOut && { constant: dealtOut }),
  };
}

export const channelShuffleRule: Rule<ChannelShuffleLayer> = {
  likeness: (parent, child) => (sameLayer(parent, child) ? 3 : 1),
  kept: (_handover, parent, child, given) => shuffledChild(shuffledParent(given, parent.layer.groups), child.layer.groups),
  inserted: (_handover, child, given) => shuffledChild(given, child.layer.groups),
  removed: (_handover, parent, given) => shuffledParent(given, parent.layer.groups),
};
