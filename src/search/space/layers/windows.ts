import type { Padding } from '../../../core/geometry.ts';
import type { Conv2dLayer } from '../../../model/layers/conv2d.ts';
import type { DepthwiseConv2dLayer } from '../../../model/layers/depthwise-conv2d.ts';
import { oneOf } from '../sample.ts';
import type { BlockSpace, Space } from '../space.ts';
import type { Edit, Inside, LayerEdits, Site } from './edits.ts';

/** The windows that a space names for layers of a kind of block. Those inside of a condense block are fixed. */
function windowsNamed({ blocks }: Space, kind: BlockSpace['type'], inside: Inside) {
  const own = inside === 'branch' ? [] : blocks.filter((block) => block.type === kind);
  return {
    kernels: own.flatMap((block) => ('kernels' in block ? block.kernels : [])),
    // A residual keeps the size of the image.
    strides: own.flatMap((block) => ('strides' in block && !inside ? block.strides : [])),
    padding: own.flatMap((block) => ('padding' in block && !inside ? block.padding : [])),
  };
}

/** The other of the two paddings by name, where the space names it. */
export function otherPadding(current: Padding, kind: BlockSpace['type'], { space, inside }: Site): 'same' | 'valid' | undefined {
  const other = current === 'same' ? 'valid' : 'same';
  return windowsNamed(space, kind, inside).padding.includes(other) ? other : undefined;
}

/** Other kernels, strides and paddings for a convolution, as the space names them for its kind of block. */
export function windowMutations<L extends Conv2dLayer | DepthwiseConv2dLayer>(
  kindOf: (inside: Inside) => BlockSpace['type'],
): NonNullable<LayerEdits<L>['mutations']> {
  return {
    kernel(layer, { space, random, inside }): Edit | undefined {
      const { kernels } = windowsNamed(space, kindOf(inside), inside);
      if (kernels.length === 0) return undefined;
      const size = oneOf(kernels, random);
      const change = `${layer.kernel.join('x')} -> ${size}x${size} ${layer.type}`;
      return { to: [{ ...layer, kernel: [size, size] }], change };
    },
    stride(layer, { space, random, inside }): Edit | undefined {
      const { strides } = windowsNamed(space, kindOf(inside), inside);
      if (strides.length === 0) return undefined;
      const step = oneOf(strides, random);
      return { to: [{ ...layer, strides: [step, step] }], change: `stride ${layer.strides.join('x')} -> ${step}x${step}` };
    },
    padding(layer, site): Edit | undefined {
      const other = otherPadding(layer.padding, kindOf(site.inside), site);
      return other && { to: [{ ...layer, padding: other }], change: `${other} padding of a ${layer.type}` };
    },
  };
}
