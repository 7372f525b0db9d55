import { elements, type Shape } from '../core/value.ts';
import { containerDefinition, isContainer, simpleDefinition } from './layers/registry.ts';
import { type Held, MemoryWalk } from './memory-walk.ts';
import type { ResolvedLayer } from './resolve.ts';
import { Taps } from './taps.ts';

/**
 * The most bytes of float32 activations that one sample keeps alive at once at inference, layer by layer in order: the input
 * and the output of the running layer, and what a layer further on still needs (the input of a branch while a later path reads
 * it, that of a residual until the sum; the outputs of finished paths, which lie side by side in the joined tensor). Bias,
 * activation and normalisation work in place, flatten and dropout cost nothing.
 */
export function peakActivationBytes(input: Shape, layers: readonly ResolvedLayer[]): number {
  const first = { elements: elements(input) };
  const walk = new MemoryWalk(first);
  const run = (list: readonly ResolvedLayer[], given: Held, taps: Taps<Held>): Held =>
    list.reduce((x, { layer, outputShape, inner }) => {
      if (isContainer(layer)) {
        const definition = containerDefinition(layer.type);
        const within = () => new Taps(definition.closed ? undefined : taps);
        return definition.memory(layer, x, walk, (index, value) => run(inner[index] ?? [], value, within()));
      }
      const { memory = 'new' } = simpleDefinition(layer.type);
      if (typeof memory === 'function') return memory(layer, x, walk, taps);
      if (memory === 'view') return x;
      return memory === 'inPlace' ? walk.change(x) : walk.make(elements(outputShape), x);
    }, given);
  run(layers, first, new Taps());
  return 4 * walk.peak();
}
