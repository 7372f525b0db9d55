import type { Layer } from '../../../model/types.ts';

/** Layers whose last convolution makes so many channels. */
export function endingWith(layers: readonly Layer[], channels: number | undefined): readonly Layer[] {
  const last = layers.reduce((found, { type }, index) => (type === 'conv2d' ? index : found), -1);
  return layers.map((layer, index) =>
    index === last && layer.type === 'conv2d' && channels !== undefined ? { ...layer, filters: channels } : layer,
  );
}
