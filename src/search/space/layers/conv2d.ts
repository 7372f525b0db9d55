import type { Conv2dLayer } from '../../../model/layers/conv2d.ts';
import { activation as activationLayer, batchNorm, conv2d, depthwiseConv2d } from '../../../model/layers.ts';
import type { BlockSpace } from '../space.ts';
import type { Edit, Inside, LayerEdits, Site } from './edits.ts';
import { sloped } from './slopes.ts';
import { filterRanges, half, scaled } from './widths.ts';
import { windowMutations } from './windows.ts';

export const conv2dEdits: LayerEdits<Conv2dLayer> = {
  role: 'block',
  makesClasses: true,
  mutations: {
    width(layer, { space, random, inside, isOutput }) {
      if (isOutput) return undefined;
      const filters = scaled(layer.filters, filterRanges(space, inside), random);
      return { to: [{ ...layer, filters }], change: `${layer.filters} -> ${filters} filters of ${layer.kernel.join('x')}` };
    },
    ...windowMutations<Conv2dLayer>(kindOf),
    separation: separated,
    normalisation: normalised,
    slope: sloped,
  },
  reductions(layer, isOutput) {
    const { filters, kernel } = layer;
    const found: Edit[] = [];
    if (!isOutput) found.push({ to: [], change: `without ${filters} filters of ${kernel.join('x')}` });
    if (!isOutput && filters > 1)
      found.push({ to: [{ ...layer, filters: half(filters) }], change: `${filters} -> ${half(filters)} filters` });
    const size = Math.max(...kernel) - (Math.max(...kernel) > 2 ? 2 : 1);
    if (size >= 1) found.push({ to: [{ ...layer, kernel: [size, size] }], change: `${kernel.join('x')} -> ${size}x${size}` });
    return found;
  },
};

function kindOf(inside: Inside): BlockSpace['type'] {
  return inside === 'residual' || inside === 'repeat' ? inside : 'convolution';
}

/** A depthwise convolution and one of 1x1, where the space names such a pair. */
function separated(layer: Conv2dLayer, { space, isOutput }: Site): Edit | undefined {
  const { kernel, strides, padding, filters, groups, bias, activation, weightDecay } = layer;
  if (isOutput || kernel.join() === '1,1' || groups !== 1) return undefined;
  const isNamed = space.blocks.some(
    (block) =>
      block.type === 'separable' &&
      kernel.every((side) => block.kernels.includes(side)) &&
      strides.every((step) => block.strides.includes(step)) &&
      block.padding.some((named) => named === padding),
  );
  if (!isNamed) return undefined;
  const depthwise = depthwiseConv2d(kernel, { strides, padding, bias: false, weightDecay });
  const pointwise = conv2d(filters, 1, { bias, activation, weightDecay });
  return { to: [depthwise, pointwise], change: `${kernel.join('x')} separated` };
}

/** Batch normalisation between the convolution and its activation. */
function normalised({ activation, ...rest }: Conv2dLayer, { isOutput, inside }: Site): Edit | undefined {
  // A repeat would take its statistics of several distributions.
  if (isOutput || activation === undefined || inside === 'repeat') return undefined;
  const bare: Conv2dLayer = { ...rest, bias: false };
  return { to: [bare, batchNorm(), activationLayer(activation)], change: 'with a batch normalisation' };
}
