import { OptionError, ShapeError } from '../core/errors.ts';
import { formatShape, sameShape } from '../core/value.ts';
import type { Weight } from './layers/definition.ts';

interface Owner {
  /** The name of the layer, and its path. */
  readonly name: string;
  readonly where: string;
  readonly type: string;
  readonly trainable: boolean;
  readonly weights: readonly Weight[];
}

/** The first layer of each key, whose weights all others of that key have. */
export class SharedWeights {
  private readonly owners = new Map<string, Owner>();

  /**
   * The name of the layer whose weights a layer of that key has; its own for the first. Throws a ShapeError where the shapes of its
   * weights differ from those of the first, an OptionError where anything else about them does.
   */
  ownerOf(key: string, layer: Owner): string {
    const owner = this.owners.get(key);
    if (!owner) {
      this.owners.set(key, layer);
      return layer.name;
    }
    const { where } = layer;
    const other = `${owner.where}, with which it shares the weights '${key}'`;
    if (layer.type !== owner.type) throw new OptionError(`${where}: must be a ${owner.type} like ${other}; give it another key`);
    if (layer.trainable !== owner.trainable) throw new OptionError(`${where}: must be as trainable as ${other}`);
    const roles = (weights: readonly Weight[]) => weights.map(({ role }) => role).join(' and ') || 'nothing';
    if (roles(layer.weights) !== roles(owner.weights))
      throw new OptionError(
        `${where}: must have ${roles(owner.weights)} like ${other}, but has ${roles(layer.weights)}; give both the same bias`,
      );
    layer.weights.forEach((weight, index) => {
      const first = owner.weights[index] ?? weight;
      if (!sameShape(weight.shape, first.shape))
        throw new ShapeError(
          `${where}: its ${weight.role} would be ${formatShape(weight.shape)}, but is ${formatShape(first.shape)} in ${other}; ` +
            `give both the same inputs and outputs, or another key`,
        );
      for (const [what, mine, theirs] of [
        [weight.role === 'bias' ? 'biasInit' : 'init', weight.init, first.init],
        ['weightDecay', weight.weightDecay, first.weightDecay],
      ])
        if (JSON.stringify(mine) !== JSON.stringify(theirs))
          throw new OptionError(`${where}: must have the same ${what} as ${other}: ${JSON.stringify(theirs)}`);
    });
    return owner.name;
  }
}
