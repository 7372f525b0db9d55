import type { Shape, Value } from '../../core/value.ts';
import type { Foreign, Layout } from './layout.ts';
import type { Slot } from './slots.ts';

const ROLES: Readonly<Record<string, string>> = {
  filter: 'kernel',
  weights: 'kernel',
  bias: 'bias',
  slope: 'alpha',
  scale: 'gamma',
  offset: 'beta',
  mean: 'moving_mean',
  variance: 'moving_variance',
};

/**
 * Keras' layout of weights that have such names: `conv2d/kernel` as its HDF5 files of before have them, or `conv2d/0`, the place among the
 * layer's variables, as `.keras` and `.weights.h5` files do.
 */
export function kerasLayout(names: Iterable<string>): Layout {
  const roles = [...names].map((name) => name.slice(name.lastIndexOf('/') + 1));
  const byPlace = roles.some((role) => /^\d+$/.test(role));
  // Keras 3 calls it `kernel`.
  const depthwise = roles.includes('depthwise_kernel') ? 'depthwise_kernel' : 'kernel';
  const roleOf = (slot: Slot, role: string, place: number) => {
    if (byPlace) return String(place);
    return role === 'filter' && slot.layer.type === 'depthwiseConv2d' ? depthwise : (ROLES[role] ?? role);
  };
  return {
    separator: '/',
    channelsFirst: false,
    isWeight: () => true,
    weights: (slot) =>
      new Map(slot.weights.map(({ role, shape }, place) => [role, foreign(slot, roleOf(slot, role, place), role, shape)])),
    // The first of a kind has no number: `conv2d`, `conv2d_1`.
    numbered: (module) => module.replaceAll(/[^/]+/g, (part) => (/_\d+$/.test(part) ? part : `${part}_0`)),
  };
}

/** The elements of all of them lie as ours do. */
function foreign({ layer, inputShape }: Slot, theirRole: string, role: string, shape: Shape): Foreign {
  const as = (theirs: Shape): Foreign => ({
    role: theirRole,
    shape: theirs,
    turned: ({ data }) => ({ shape, data: data.slice() }),
  });
  if (layer.type === 'depthwiseConv2d' && role === 'filter') {
    const [height = 1, width = 1, , outputs = 1] = shape;
    return as([height, width, outputs / layer.multiplier, layer.multiplier]);
  }
  if (layer.type !== 'prelu') return as(shape);
  // One slope a channel is shared along the axes before it, and one slope alone along all.
  const ones: Shape = inputShape.slice(1).map(() => 1);
  const [channels = 1] = shape;
  return { ...as([...ones, channels]), also: [[...ones, 1]], turned: (value) => ({ shape, data: repeated(value, channels) }) };
}

function repeated({ data }: Value, size: number): Float32Array {
  return data.length === size ? data.slice() : new Float32Array(size).fill(data[0] ?? Number.NaN);
}
