import type { CapsuleLengthLayer } from '../../model/layers/capsule-length.ts';
import type { CapsulesLayer } from '../../model/layers/capsules.ts';
import type { PrimaryCapsulesLayer } from '../../model/layers/primary-capsules.ts';
import { byIndex, isIdentity, nothing } from '../features.ts';
import type { Rule } from '../rule.ts';
import { gaveAll, sameLayer } from './same.ts';

/** Capsules mix what they are given without a linear map of it: they are handed down as they are, and nothing else of them. */
export const capsuleRule: Rule<PrimaryCapsulesLayer | CapsulesLayer | CapsuleLengthLayer> = {
  likeness: (parent, child) => (sameLayer(parent, child) ? 8 : 1),
  kept(handover, parent, child, given) {
    const whole =
      isIdentity(given) && parent.inputShape.join() === child.inputShape.join() && sameLayer(parent.layer, child.layer);
    return whole && gaveAll(handover, parent, child)
      ? byIndex(parent.outputShape, child.outputShape)
      : nothing(parent.outputShape, child.outputShape);
  },
  inserted: (_handover, child, given) => nothing(given.parent, child.outputShape),
  removed: (_handover, parent, given) => nothing(parent.outputShape, given.child),
};
