import type { Layer } from '../../model/types.ts';
import type { Range } from './space.ts';

/** The layer that makes the classes: its width is not free. */
export function outputPlace(layers: readonly Layer[]): number {
  return layers.reduce((last, { type }, place) => (type === 'dense' || type === 'conv2d' ? place : last), -1);
}

/** Where the head begins: at the flattening, or at the last convolution where the classes are averaged over the image. */
export function headPlace(layers: readonly Layer[]): number {
  const flattened = layers.findIndex(({ type }) => type === 'flatten' || type === 'dense');
  if (flattened >= 0) return flattened;
  const averaged = layers.findIndex(({ type }) => type === 'globalAvgPool2d');
  return averaged < 0 ? layers.length : outputPlace(layers);
}

const BLOCKS: readonly Layer['type'][] = ['conv2d', 'depthwiseConv2d', 'maxPool2d', 'avgPool2d', 'branch', 'residual'];

/** How many blocks of a space stand before the head: a depthwise convolution with its 1x1, or a 1x1 with its branches, are one. */
export function blocksIn(layers: readonly Layer[]): number {
  const body = layers.slice(0, headPlace(layers)).filter(({ type }) => BLOCKS.includes(type));
  const isHalf = (layer: Layer, place: number) =>
    layer.type === 'conv2d' &&
    layer.kernel.join() === '1,1' &&
    (body[place - 1]?.type === 'depthwiseConv2d' || body[place + 1]?.type === 'branch');
  return body.filter((layer, place) => !isHalf(layer, place)).length;
}

/** Whether layers made of others keep to a range of blocks, or are no further from it than these. */
export function keepsDepth(layers: readonly Layer[], from: readonly (readonly Layer[])[], [least, most]: Range): boolean {
  const before = from.map(blocksIn);
  const blocks = blocksIn(layers);
  return blocks >= Math.min(least, ...before) && blocks <= Math.max(most, ...before);
}
