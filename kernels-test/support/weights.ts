import { initialValue } from '../../src/model/initialise.ts';
import { parametersOf } from '../../src/model/resolve.ts';
import type { Model, Weights } from '../../src/node.ts';

/** The weights that a model begins with, by a seed. */
export function weightsFrom(m: Model, seed: number): Weights {
  return new Map(
    parametersOf(m).map((parameter, index) => {
      const { name, shape } = parameter;
      return [name, { shape, data: initialValue(parameter, index, seed) }];
    }),
  );
}
