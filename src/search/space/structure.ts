import type { Layer } from '../../model/types.ts';
import { editsOf } from './layers/registry.ts';
import type { Range } from './space.ts';

/** The layer that makes the classes: its width is not free. */
export function outputIndex(layers: readonly Layer[]): number {
  return layers.reduce((last, layer, index) => (editsOf(layer).makesClasses ? index : last), -1);
}

/** Whether the image has become a vector, or its average, with this layer. */
export function isOfHead(layer: Layer): boolean {
  const { role } = editsOf(layer);
  return role === 'flattening' || role === 'dense' || role === 'averaging';
}

/** Where the head begins: at the flattening, at the average that a dense layer follows, or at the last convolution where the classes are averaged. */
export function headIndex(layers: readonly Layer[]): number {
  const roles = layers.map((layer) => editsOf(layer).role);
  const flattened = roles.findIndex((role) => role === 'flattening' || role === 'dense');
  const averaged = roles.indexOf('averaging');
  if (averaged >= 0 && averaged < flattened) return averaged;
  if (flattened >= 0) return flattened;
  return averaged >= 0 ? outputIndex(layers) : layers.length;
}

/** How many blocks of a space stand before the head: a depthwise convolution with its 1x1, or a 1x1 with its branches, are one. */
export function blocksIn(layers: readonly Layer[]): number {
  const body = layers.slice(0, headIndex(layers)).filter((layer) => editsOf(layer).role === 'block');
  const isHalf = (layer: Layer, index: number) =>
    layer.type === 'conv2d' &&
    layer.kernel.join() === '1,1' &&
    (body[index - 1]?.type === 'depthwiseConv2d' || body[index + 1]?.type === 'branch');
  return body.filter((layer, index) => !isHalf(layer, index)).length;
}

/** Whether layers made of others keep to a range of blocks, or are no further from it than these. */
export function keepsDepth(layers: readonly Layer[], from: readonly (readonly Layer[])[], [least, most]: Range): boolean {
  const before = from.map(blocksIn);
  const blocks = blocksIn(layers);
  return blocks >= Math.min(least, ...before) && blocks <= Math.max(most, ...before);
}
