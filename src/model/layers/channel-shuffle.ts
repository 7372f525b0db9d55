import { checkedAlone, NUMBER } from '../../core/arguments.ts';
import { ShapeError } from '../../core/errors.ts';
import { channelsOf, type Tensor } from '../../graph/tensor.ts';
import { reshape } from '../../ops/reshape.ts';
import { transpose } from '../../ops/transpose.ts';
import * as field from '../fields.ts';
import type { NamedLayer, SimpleDefinition } from './definition.ts';
import { makeLayer, NAMED } from './make.ts';

export interface ChannelShuffleLayer extends NamedLayer {
  readonly type: 'channelShuffle';
  readonly groups: number;
}

/**
 * Deals the channels of `groups` groups out: channel j of group i becomes channel i of j, so that the next convolution in groups sees
 * all of them (X. Zhang et al., "ShuffleNet", CVPR 2018).
 */
export const channelShuffle = /* @__PURE__ */ checkedAlone(
  'channelShuffle(3)',
  () => ({ groups: NUMBER }),
  NAMED,
  (groups: number) => makeLayer(channelShuffleDefinition, { groups }),
);

export const channelShuffleDefinition: SimpleDefinition<ChannelShuffleLayer> = {
  type: 'channelShuffle',
  fields: ['groups'],
  complete: (where, fields) => ({ groups: field.positiveInteger(where, 'groups', fields.groups) }),
  outputShape(where, { groups }, input) {
    if (channelsOf(input) % groups !== 0)
      throw new ShapeError(`${where}: groups ${groups} must divide the ${channelsOf(input)} channels`);
    return input;
  },
  lower: ({ groups }, x) => shuffled(x, groups),
};

function shuffled(x: Tensor, groups: number): Tensor {
  const channels = channelsOf(x.shape);
  const rows = x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const grouped = reshape(x, [rows, groups, channels / groups]);
  return reshape(transpose({ x: grouped }, { permutation: [0, 2, 1] }), x.shape);
}
