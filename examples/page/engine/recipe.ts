import { adam, adamW, rmsprop, sgd, type TrainerOptions } from 'paredown';
import type { OptimizerName, Recipe } from './calls.ts';

const OPTIMIZERS: Readonly<Record<OptimizerName, (learningRate: number) => TrainerOptions['optimizer']>> = {
  adam: (learningRate) => adam({ learningRate }),
  adamW: (learningRate) => adamW({ learningRate }),
  rmsprop: (learningRate) => rmsprop({ learningRate }),
  sgd: (learningRate) => sgd({ learningRate, momentum: 0.9 }),
};

/** Steps of the whole training on so many samples. */
export const stepsOf = ({ epochs, batch }: Recipe, samples: number): number => epochs * Math.floor(samples / batch);

/** A trainer's options for a training on so many samples. */
export const trainerOptions = (recipe: Recipe, samples: number): TrainerOptions => ({
  batch: recipe.batch,
  optimizer: OPTIMIZERS[recipe.optimizer](recipe.learningRate),
  schedule: { type: 'cosine', steps: stepsOf(recipe, samples) },
  seed: recipe.seed,
  augment: recipe.augment,
});
