import type { ResolvedLayer } from '../model/resolve.ts';
import type { Weights } from '../model/weights.ts';
import { widthOf } from './features.ts';
import { kernelOf, squares } from './kernel.ts';

/** How much the features of a network count, by its layers' names; the largest count most. */
export interface Importance {
  /** Those that a layer with weights makes: the norm of the weights that make one times that of those that read it. */
  readonly made: ReadonlyMap<string, readonly number[]>;
  /** Those that a layer is given, by the weights that read them, in it or behind it. */
  readonly read: ReadonlyMap<string, readonly number[]>;
}

/**
 * Importance by magnitude: of what a batch normalisation follows, its scale counts instead of the weights, whose size it takes away
 * (Liu et al., "Learning efficient convolutional networks through network slimming", ICCV 2017).
 */
export function importanceIn(layers: readonly ResolvedLayer[], weights: Weights): Importance {
  const made = new Map<string, readonly number[]>();
  const read = new Map<string, readonly number[]>();
  const last = layers.at(-1);
  if (last) new Readers(weights, made, read).list(layers, ones(widthOf(last.outputShape)));
  return { made, read };
}

type Values = readonly number[];

/** Goes through the layers from the last to the first. */
class Readers {
  constructor(
    private readonly weights: Weights,
    private readonly made: Map<string, Values>,
    private readonly read: Map<string, Values>,
  ) {}

  /** From how much the features behind a list count, how much those before it do. */
  list(layers: readonly ResolvedLayer[], behind: Values): Values {
    return layers.reduceRight((after, layer, index) => {
      const width = widthOf(layer.outputShape);
      const normalised = layers[index + 1]?.layer.type === 'batchNorm';
      const before = this.before(layer, after.length === width ? after : ones(width), normalised);
      const given = widthOf(layer.inputShape);
      const fitting = before.length === given ? before : ones(given);
      this.read.set(layer.name, fitting);
      return fitting;
    }, behind);
  }

  private before(resolved: ResolvedLayer, after: Values, normalised: boolean): Values {
    const { layer, inner, inputShape } = resolved;
    switch (layer.type) {
      case 'conv2d':
      case 'conv2dTranspose':
      case 'dense':
        return this.weighted(resolved, after, normalised);
      case 'depthwiseConv2d': {
        const filter = this.weight(resolved, 'filter');
        if (!filter) return after;
        const norms = squares(kernelOf(filter.shape), filter.data, 'outputs').map(Math.sqrt);
        const each = norms.map((norm, output) => norm * (after[output] ?? 1));
        return sums(each, (output) => Math.floor(output / layer.multiplier), widthOf(inputShape));
      }
      case 'batchNorm': {
        const scale = this.weight(resolved, 'scale')?.data;
        return after.map((value, index) => value * Math.abs(scale?.[index] ?? 1));
      }
      case 'flatten':
        return sums(after, (index) => index % widthOf(inputShape), widthOf(inputShape));
      case 'residual': {
        const [main = [], shortcut] = inner.map((list) => this.list(list, after));
        return added([main, shortcut ?? after]);
      }
      case 'gate': {
        const [factor = []] = inner.map((list) => this.list(list, after));
        return added([after, factor]);
      }
      case 'repeat':
      case 'merge':
        return added(inner.map((list) => this.list(list, after)));
      case 'branch': {
        let offset = 0;
        return added(
          inner.map((list) => {
            const width = widthOf(list.at(-1)?.outputShape ?? inputShape);
            offset += width;
            return this.list(list, after.slice(offset - width, offset));
          }),
        );
      }
      case 'join':
        return after.slice(0, widthOf(inputShape));
      default:
        return after;
    }
  }

  private weighted(resolved: ResolvedLayer, after: Values, normalised: boolean): Values {
    const { layer, name, inputShape } = resolved;
    const weight = this.weight(resolved, layer.type === 'dense' ? 'weights' : 'filter');
    const grouped = 'groups' in layer && layer.groups > 1;
    if (!weight || grouped) return ones(widthOf(inputShape));
    const kernel = kernelOf(weight.shape, layer.type === 'conv2dTranspose');
    const bias = this.weight(resolved, 'bias')?.data;
    const norms = squares(kernel, weight.data, 'outputs').map((sum, output) => Math.sqrt(sum + (bias?.[output] ?? 0) ** 2));
    this.made.set(
      name,
      after.map((value, output) => value * (normalised ? 1 : (norms[output] ?? 0))),
    );
    return squares(kernel, weight.data, 'inputs').map(Math.sqrt);
  }

  private weight({ weightsOf }: ResolvedLayer, role: string) {
    return this.weights.get(`${weightsOf}/${role}`);
  }
}

function ones(width: number): Values {
  return Array.from({ length: width }, () => 1);
}

/** The norm of those that belong to each. */
function sums(values: Values, place: (index: number) => number, width: number): Values {
  const all = Array.from({ length: width }, () => 0);
  values.forEach((value, index) => {
    const at = place(index);
    all[at] = (all[at] ?? 0) + value ** 2;
  });
  return all.map(Math.sqrt);
}

function added(lists: readonly Values[]): Values {
  const width = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: width }, (_, index) => lists.reduce((sum, list) => sum + (list[index] ?? 0), 0));
}

/** The `count` most important, in their order. */
export function mostImportant(values: Values, count: number): number[] {
  return values
    .map((value, index) => ({ value, index }))
    .sort((a, b) => b.value - a.value || a.index - b.index)
    .slice(0, count)
    .map(({ index }) => index)
    .sort((a, b) => a - b);
}
