import { checkedAlone } from '../../core/arguments.ts';
import { reshape } from '../../ops/reshape.ts';
import type { NamedLayer, SimpleDefinition } from './definition.ts';
import { image } from './image.ts';
import { makeLayer, NAMED } from './make.ts';
import { lengths } from './squash.ts';

export interface CapsuleLengthLayer extends NamedLayer {
  readonly type: 'capsuleLength';
}

/** [H,W,D] -> [H * W]: the length of each capsule, sqrt(|x|^2 + 1e-7): how sure a network with loss 'margin' is of each class. */
export const capsuleLength = /* @__PURE__ */ checkedAlone(
  'capsuleLength()',
  () => ({}),
  NAMED,
  () => makeLayer(capsuleLengthDefinition, {}),
);

export const capsuleLengthDefinition: SimpleDefinition<CapsuleLengthLayer> = {
  type: 'capsuleLength',
  fields: [],
  complete: () => ({}),
  outputShape(where, _, input) {
    const [height, width] = image(where, input);
    return [height * width];
  },
  carriesData: true,
  lower(_, x) {
    const [batch = 1, height = 1, width = 1] = x.shape;
    return reshape(lengths(x), [batch, height * width]);
  },
};
