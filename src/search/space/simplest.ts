import type { Activation } from '../../core/activation.ts';
import type { Shape } from '../../core/value.ts';
import { model } from '../../model/model.ts';
import { type ResolvedLayer, resolve } from '../../model/resolve.ts';
import type { InputShape, Layer, Model } from '../../model/types.ts';
import { shapeAfter } from './fitting.ts';
import { withChangeable } from './layers/registry.ts';

/**
 * The same network, written in the one way of several: without layers that do nothing, activations in the layers before them, windows
 * no larger than what they see, and 'valid' padding where 'same' adds nothing. Networks that differ in that alone compute the same.
 */
export function simplest(m: Model): Model {
  if (written.has(m)) return m;
  const plainest = model(m.input, plain(resolve(m)));
  written.add(plainest);
  return plainest;
}

/** What was made here: a search asks again of each that it proposes. */
const written = new WeakSet<Model>();

function plain(resolved: readonly ResolvedLayer[]): readonly Layer[] {
  const done: Layer[] = [];
  for (const each of resolved) {
    const simple = plainLayer(each);
    for (const one of simple.type === 'repeat' && simple.times === 1 ? simple.layers : [simple]) {
      if (doesNothing(one, each.inputShape, done)) continue;
      const joined = withActivation(done.at(-1), one);
      if (joined) done.pop();
      done.push(joined ?? one);
    }
  }
  // What holds layers holds at least one.
  return done.length > 0 ? done : resolved.map(({ layer }) => layer);
}

function plainLayer({ layer, inputShape, inner }: ResolvedLayer): Layer {
  if (!('padding' in layer)) return withChangeable(layer, inner.map(plain));
  const given = inputShape as InputShape;
  const seen = onePixel(given, layer);
  if (seen.padding !== 'same') return seen;
  const valid = { ...seen, padding: 'valid' as const };
  return sameShape(given, valid, seen) ? valid : seen;
}

type Windowed = Extract<Layer, { readonly padding: unknown }>;

/** On a single pixel a padded convolution sees that pixel alone, and no stride is taken where there is one window. */
function onePixel(input: InputShape, layer: Windowed): Windowed {
  if (layer.type !== 'conv2d' && layer.type !== 'depthwiseConv2d') return layer;
  const [height, width] = input;
  const small = { ...layer, kernel: [1, 1] as const, strides: [1, 1] as const, padding: 'valid' as const };
  if (height === 1 && width === 1 && layer.padding === 'same') return small;
  const [high = 0, wide = 0] = shapeAfter(input, [layer]) ?? [];
  const still = { ...layer, strides: [1, 1] as const };
  return high === 1 && wide === 1 && layer.padding === 'valid' && sameShape(input, still, layer) ? still : layer;
}

function sameShape(input: InputShape, a: Layer, b: Layer): boolean {
  return shapeAfter(input, [a])?.join() === shapeAfter(input, [b])?.join();
}

/** Whether a layer gives what it is given. */
function doesNothing(layer: Layer, given: Shape, before: readonly Layer[]): boolean {
  switch (layer.type) {
    case 'maxPool2d':
    case 'avgPool2d': {
      const [height, width] = given;
      const alone = layer.size.join() === '1,1' && layer.strides.join() === '1,1';
      return alone || (given.length === 3 && height === 1 && width === 1);
    }
    case 'dropout':
      return layer.rate === 0;
    case 'flatten':
      return given.length === 1;
    case 'reshape':
      return layer.shape.join() === given.join();
    case 'activation':
      return layer.activation === 'relu' && neverNegative(before);
    case 'batchNorm':
      return before.at(-1)?.type === 'batchNorm';
    default:
      return false;
  }
}

/** Between an activation and a layer after it, these keep what is not negative so. */
const KEEPS_SIGNS: readonly Layer['type'][] = ['maxPool2d', 'avgPool2d', 'globalAvgPool2d', 'flatten', 'dropout', 'reshape'];
const NEVER_NEGATIVE: readonly Activation[] = ['relu', 'relu6', 'sigmoid', 'hardSigmoid'];

function neverNegative(layers: readonly Layer[]): boolean {
  const last = layers.filter(({ type }) => !KEEPS_SIGNS.includes(type)).at(-1);
  return last !== undefined && 'activation' in last && last.activation !== undefined && NEVER_NEGATIVE.includes(last.activation);
}

/** A layer with the activation that follows it, where it has none. */
function withActivation(before: Layer | undefined, layer: Layer): Layer | undefined {
  if (layer.type !== 'activation' || before === undefined) return undefined;
  if (before.type !== 'conv2d' && before.type !== 'depthwiseConv2d' && before.type !== 'dense') return undefined;
  return before.activation === undefined ? { ...before, activation: layer.activation } : undefined;
}
