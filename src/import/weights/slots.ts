import { DataError } from '../../core/errors.ts';
import { formatShape, type Shape } from '../../core/value.ts';
import { type ResolvedLayer, resolve } from '../../model/resolve.ts';
import type { Layer, Model } from '../../model/types.ts';

/** A layer with weights, and the order in which its input lies in a program whose images have their channels first. */
export interface Slot {
  readonly name: string;
  readonly layer: Layer;
  readonly weights: readonly { readonly role: string; readonly shape: Shape }[];
  readonly inputShape: Shape;
  /** Of a vector that is a flattened image: the image [h, w, c]. */
  readonly flattened?: Shape;
}

/** A flattened image that has been through nothing but what treats each element alone; undefined for a vector in no image's order. */
type Order = Shape | undefined;

/**
 * Every layer with weights of its own, in the order of the model. Where images are `channelsFirst`, throws a DataError if flattened ones are
 * joined with others.
 */
export function slotsOf(m: Model, channelsFirst: boolean): Slot[] {
  const slots: Slot[] = [];
  walk(resolve(m), undefined, new Map(), { slots, channelsFirst });
  return slots;
}

interface Walk {
  readonly slots: Slot[];
  readonly channelsFirst: boolean;
}

/** Elements stay where they are. */
const ELEMENTWISE: readonly string[] = ['activation', 'dropout', 'batchNorm', 'layerNorm', 'prelu', 'tap'];

function walk(layers: readonly ResolvedLayer[], order: Order, around: ReadonlyMap<string, Order>, walked: Walk): Order {
  const taps = new Map(around);
  return layers.reduce<Order>((current, resolved) => {
    const { layer, name, inputShape, outputShape, parameters, inner } = resolved;
    if (parameters.length > 0)
      walked.slots.push({
        name,
        layer,
        inputShape,
        weights: parameters.map(({ name: weight, shape }) => ({ role: weight.slice(name.length + 1), shape })),
        ...(current && { flattened: current }),
      });
    if (layer.type === 'tap') taps.set(layer.tap, current);
    if (layer.type === 'join') return joined(name, [current, taps.get(layer.tap)], layer.kind === 'concat');
    if (inner.length > 0) {
      const outputs = inner.map((list) => walk(list, current, taps, walked));
      if (layer.type === 'residual' && !layer.shortcut) outputs.push(current);
      if (layer.type === 'gate') return current;
      return joined(name, outputs, layer.type === 'branch');
    }
    if (inputShape.length === 3 && outputShape.length === 1 && (layer.type === 'flatten' || layer.type === 'reshape'))
      return walked.channelsFirst && inputShape.slice(0, 2).some((size) => size !== 1) ? inputShape : undefined;
    return ELEMENTWISE.includes(layer.type) || layer.type === 'flatten' ? current : undefined;
  }, order);
}

function joined(name: string, orders: readonly Order[], isConcatenation: boolean): Order {
  const [first, ...others] = orders;
  if (others.every((order) => String(order) === String(first)) && !(isConcatenation && first && others.length > 0)) return first;
  throw new DataError(
    `weightsFrom: ${name} joins flattened images ${orders.map((order) => (order ? formatShape(order) : 'and vectors')).join(', ')}, ` +
      'whose elements lie in another order with the channels first; pool or convolve the images to vectors before they are joined',
  );
}
