import type { JoinLayer } from '../../model/layers/join.ts';
import type { TapLayer } from '../../model/layers/tap.ts';
import { concatenated, type Features, NONE, widthOf } from '../features.ts';
import type { Rule } from '../rule.ts';
import { sameLayer } from './same.ts';

export const tapRule: Rule<TapLayer> = {
  likeness: (parent, child) => (parent.tap === child.tap ? 3 : 1),
  kept(handover, _parent, child, given) {
    handover.taps.set(child.layer.tap, given);
    return given;
  },
  inserted(handover, child, given) {
    // The parent has nothing to join there.
    handover.taps.set(child.layer.tap, { ...given, sources: given.sources.map(() => NONE) });
    return given;
  },
  removed: (_handover, _parent, given) => given,
};

export const joinRule: Rule<JoinLayer> = {
  likeness: (parent, child) => (parent.kind === child.kind ? (sameLayer(parent, child) ? 4 : 3) : 0),
  kept(handover, parent, child, given) {
    const after = { parent: parent.outputShape, child: child.outputShape };
    const tapped = handover.taps.get(child.layer.tap);
    if (child.layer.kind === 'add' || !tapped) return { ...after, sources: sized(given.sources, after.child) };
    // What is joined in lies behind the parent's own, as wide as it is now.
    const beside: Features = { ...given, parent: parent.inputShape };
    return concatenated([beside, tapped], after.parent, after.child);
  },
  inserted: (_handover, child, given) => ({
    parent: given.parent,
    child: child.outputShape,
    sources: sized(given.sources, child.outputShape),
  }),
  removed: (_handover, parent, given) => ({ ...given, parent: parent.outputShape }),
};

function sized(sources: Features['sources'], shape: Features['child']): Features['sources'] {
  return Array.from({ length: widthOf(shape) }, (_, index) => sources[index] ?? NONE);
}
