import type { Padding, Pair } from '../../../core/geometry.ts';
import type { Feature, Sides } from '../feature.ts';
import { asImage, CHANNELS_FIRST } from '../feature.ts';
import type { Importer } from '../importer.ts';
import type { OnnxNode } from '../node.ts';
import { sizeOf } from '../view.ts';

/** A window that slides over an image, as a Conv or a pool tells it. */
export interface Window {
  /** [N, C, H, W] as our [h, w, c]; without the zeros that a Pad before it puts around it. */
  readonly image: Feature;
  readonly size: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly sides: Sides;
}

const NONE: Sides = [0, 0, 0, 0];

/** The first input of a node as an image, and the window of its attributes over it. `kernel`: the filter's, where there is one. */
export function windowOf(node: OnnxNode, importer: Importer, kernel?: Pair, takesZeros = true): Window {
  const given = importer.feature(node, 0);
  const padded = takesZeros ? given.padded : undefined;
  const image = asImage(node, padded?.image ?? given, CHANNELS_FIRST);
  const zeros = padded?.sides ?? NONE;
  const size = pair(node, 'kernel_shape', kernel);
  if (kernel && (size[0] !== kernel[0] || size[1] !== kernel[1]))
    throw node.attributeFault(
      'kernel_shape',
      `[${size.join(', ')}] is not that of the filter, [${kernel.join(', ')}]`,
      'the file is damaged',
    );
  const strides = pair(node, 'strides', [1, 1]);
  const dilations = pair(node, 'dilations', [1, 1]);
  const { axes } = image.view;
  const height = sizeOf(axes[CHANNELS_FIRST.height] ?? []) + zeros[0] + zeros[1];
  const width = sizeOf(axes[CHANNELS_FIRST.width] ?? []) + zeros[2] + zeros[3];
  const extent: Pair = [(size[0] - 1) * dilations[0] + 1, (size[1] - 1) * dilations[1] + 1];
  const [top, bottom, left, right] = sidesOf(node, [height, width], extent, strides);
  const sides: Sides = [top + zeros[0], bottom + zeros[1], left + zeros[2], right + zeros[3]];
  return { image, size, strides, dilations, sides };
}

function pair(node: OnnxNode, name: string, missing: Pair | undefined): Pair {
  const [height, width] = node.integers(name, 2) ?? missing ?? [];
  if (height === undefined || width === undefined) throw node.attributeFault(name, 'is missing', 'the file is damaged');
  if (height < 1 || width < 1)
    throw node.attributeFault(name, `must be positive, got [${height}, ${width}]`, 'the file is damaged');
  return [height, width];
}

function sidesOf(node: OnnxNode, [height, width]: Pair, extent: Pair, strides: Pair): Sides {
  const automatic = node.text('auto_pad', 'NOTSET');
  const pads = node.integers('pads', 4) ?? [0, 0, 0, 0];
  if (automatic === 'VALID') return NONE;
  if (automatic === 'SAME_UPPER' || automatic === 'SAME_LOWER') {
    const along = (size: number, reach: number, stride: number): Pair => {
      const total = Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0);
      const before = automatic === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
      return [before, total - before];
    };
    return [...along(height, extent[0], strides[0]), ...along(width, extent[1], strides[1])];
  }
  if (automatic !== 'NOTSET')
    throw node.attributeFault('auto_pad', `'${automatic}' is unknown`, 'needed is NOTSET, VALID, SAME_UPPER or SAME_LOWER');
  const [top = 0, left = 0, bottom = 0, right = 0] = pads;
  if (Math.min(top, left, bottom, right) < 0)
    throw node.attributeFault(
      'pads',
      `[${pads.join(', ')}] cuts off what it pads by less than 0`,
      'needed are pads of at least 0',
    );
  return [top, bottom, left, right];
}

/** The sides as a layer's padding, by the name that says most: 'valid', or 'same' where that is what they are for this image. */
export function paddingOf({ image, size, strides, dilations, sides }: Window): Padding {
  if (sides.every((side) => side === 0)) return 'valid';
  const [height = 1, width = 1] = image.node.shape;
  const isSame = [
    [height, size[0], strides[0], dilations[0], sides[0], sides[1]] as const,
    [width, size[1], strides[1], dilations[1], sides[2], sides[3]] as const,
  ].every(([extent, window, stride, dilation, before, after]) => {
    const total = Math.max((Math.ceil(extent / stride) - 1) * stride + (window - 1) * dilation + 1 - extent, 0);
    return before === Math.floor(total / 2) && after === total - before;
  });
  return isSame ? 'same' : sides;
}
