import type { GradientRule } from '../../graph/differentiate.ts';
import { filled } from '../../graph/sources.ts';
import { channelsOf, required, type Tensor } from '../../graph/tensor.ts';
import { concat, type SliceAttributes, slice } from '../concat.ts';

export const concatGradient: GradientRule = (node, [dy], wanted) => {
  let offset = 0;
  const gradients: Record<string, Tensor | undefined> = {};
  for (const [name, { shape }] of Object.entries(node.inputs)) {
    if (dy && wanted(name)) gradients[name] = slice(dy, offset, channelsOf(shape));
    offset += channelsOf(shape);
  }
  return gradients;
};

export const sliceGradient: GradientRule<SliceAttributes> = (node, [dy]) => {
  const { offset, channels } = node.attributes;
  const { shape } = required(node, 'x');
  const zeros = (count: number) => filled([...shape.slice(0, -1), count], 0);
  const after = channelsOf(shape) - offset - channels;
  if (!dy) return {};
  return { x: concat({ ...(offset > 0 && { before: zeros(offset) }), dy, ...(after > 0 && { after: zeros(after) }) }) };
};
