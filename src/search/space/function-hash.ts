import type { Shape } from '../../core/value.ts';
import { modelHash } from '../../model/hash.ts';
import { isWeighted } from '../../model/layers/weighted.ts';
import { batchNorm, dense, flatten } from '../../model/layers.ts';
import { model } from '../../model/model.ts';
import { type ResolvedLayer, resolve } from '../../model/resolve.ts';
import type { Layer, Model } from '../../model/types.ts';
import { withChangeable } from './layers/registry.ts';
import { simplest } from './simplest.ts';

const hashes = new WeakMap<Model, string>();

/** Equal for networks that compute, and learn, the same in different ways: what was trained as one need not be trained as the other. */
export function functionHash(m: Model): string {
  const known = hashes.get(m);
  if (known !== undefined) return known;
  const plain = simplest(m);
  const layers = canonical(resolve(plain));
  const hash = modelHash(layers ? simplest(model(plain.input, layers)) : plain);
  hashes.set(m, hash);
  return hash;
}

/** Undefined where nothing is to be written otherwise. */
function canonical(resolved: readonly ResolvedLayer[]): readonly Layer[] | undefined {
  const done: Layer[] = [];
  let changed = false;
  for (const { layer, inputShape, inner } of resolved) {
    const before = done.at(-1);
    const pair = before && canonicalPair(before, layer, inputShape);
    if (pair) done.pop();
    const lists = inner.map(canonical);
    const rewritten = lists.some((list) => list !== undefined);
    changed ||= pair !== undefined || rewritten;
    const whole = () =>
      withChangeable(
        layer,
        inner.map((list, index) => lists[index] ?? list.map((one) => one.layer)),
      );
    done.push(...(pair ?? [rewritten ? whole() : layer]));
  }
  return changed ? done : undefined;
}

/** Two layers in a row as those that they are written as; undefined where they stay. */
function canonicalPair(before: Layer, layer: Layer, given: Shape): readonly Layer[] | undefined {
  switch (layer.type) {
    case 'globalAvgPool2d':
      // An average of sums is a sum of averages.
      if (before.type === 'conv2d' && before.kernel.join() === '1,1' && before.strides.join() === '1,1' && isLinear(before))
        return before.groups === 1 ? [layer, dense(before.filters, { bias: before.bias })] : undefined;
      return given[0] === 1 && given[1] === 1 ? [before, flatten()] : undefined;
    case 'batchNorm':
      // It takes away the mean, and any bias with it.
      return isWeighted(before) && before.bias && isLinear(before) ? [{ ...before, bias: false }, batchNorm()] : undefined;
    case 'activation':
      // The maximum of what rises with its argument is that of the maximum.
      return before.type === 'maxPool2d' && isRising(layer) ? [layer, before] : undefined;
    default:
      return undefined;
  }
}

function isLinear(layer: Layer): boolean {
  return !('activation' in layer) || layer.activation === undefined;
}

function isRising({ activation }: Extract<Layer, { readonly type: 'activation' }>): boolean {
  if (typeof activation !== 'string') return activation.type === 'leakyRelu';
  return ['relu', 'relu6', 'sigmoid', 'tanh'].includes(activation);
}
