import type { Layer } from '../../model/types.ts';
import type { Inside } from './edit.ts';
import type { Range, Space } from './space.ts';

/** The windows that a space names for a layer: those of the blocks of its kind. Those inside of a condense block are fixed. */
export function windowsNamed({ blocks }: Space, { type }: Layer, inside: Inside) {
  const convolution = inside === 'residual' ? 'residual' : 'convolution';
  const kind = type === 'depthwiseConv2d' ? 'separable' : type === 'conv2d' ? convolution : 'pooling';
  const own = inside === 'branch' ? [] : blocks.filter((block) => block.type === kind);
  return {
    kernels: own.flatMap((block) => ('kernels' in block ? block.kernels : [])),
    // A residual keeps the size of the image.
    strides: own.flatMap((block) => ('strides' in block && !inside ? block.strides : [])),
    padding: own.flatMap((block) => ('padding' in block && !inside ? block.padding : [])),
  };
}

/** How many filters a space names for a convolution: a branch is what a condense block expands to. */
export function filterRanges({ blocks }: Space, inside: Inside): Range[] {
  return blocks.flatMap((block) => {
    if (block.type === 'condense') return [inside === 'branch' ? block.expanded : block.squeezed];
    return 'filters' in block && inside !== 'branch' ? [block.filters] : [];
  });
}
