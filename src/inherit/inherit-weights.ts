import { ShapeError } from '../core/errors.ts';
import { initialValue } from '../model/initialise.ts';
import { type Parameter, parametersOf, resolve } from '../model/resolve.ts';
import type { Model } from '../model/types.ts';
import { checkWeights, type Weights } from '../model/weights.ts';
import { byIndex, copy, widthOf } from './features.ts';
import type { Sensitivity } from './sensitivity.ts';
import { Walk } from './walk.ts';

export interface Inherited {
  /** All that the child has, each of its shape. */
  readonly weights: Weights;
  /** Names of those that were made of the parent's, also where they only leave what the parent does as it is. */
  readonly inherited: readonly string[];
  /** Names of those that the initialiser filled. */
  readonly fresh: readonly string[];
}

/**
 * Weights for a network with which it begins at what another one does, as nearly as it can (T. Chen et al., "Net2Net", ICLR 2016; T.
 * Wei et al., "Network morphism", ICML 2016). Wider layers have further features that nothing reads at first, narrower ones those
 * that count most, by `importance` where it is given, else by magnitude; layers that the parent had not do nothing where they can, of those that it had the nearest linear
 * map goes into who reads them; other windows are cropped, or padded by zeros. Normalisations and slopes go with their features. What
 * there is no rule for is filled by the initialiser. The same for the same arguments. Throws a ShapeError where the networks take other
 * inputs, or the weights are not the parent's.
 */
export function inheritWeights(
  parent: Model,
  weights: Weights,
  child: Model,
  seed: number,
  importance: Sensitivity = {},
): Inherited {
  checkWeights(parent, weights);
  if (parent.input.join() !== child.input.join())
    throw new ShapeError(
      `inheritWeights: the parent takes [${parent.input}], the child [${child.input}]; both must take the same`,
    );
  const [parents, children] = [resolve(parent), resolve(child)];
  const walk = new Walk(parents, weights, children, seed, importance);
  const [before, after] = [parents, children].map((layers) => layers.at(-1)?.outputShape ?? []);
  const same = before?.join() === after?.join();
  const outputs = Array.from({ length: widthOf(after ?? []) }, (_, index) => copy(index));
  walk.through(parents, children, byIndex(parent.input, child.input), same ? outputs : undefined);
  const parameters = parametersOf(child);
  const isMade = ({ name }: Parameter) => walk.made.has(name);
  return {
    weights: new Map(
      parameters.map((parameter, index) => {
        const { name, shape } = parameter;
        return [name, walk.made.get(name) ?? { shape, data: initialValue(parameter, index, seed) }];
      }),
    ),
    inherited: parameters.filter(isMade).map(({ name }) => name),
    fresh: parameters.filter((parameter) => !isMade(parameter)).map(({ name }) => name),
  };
}
