import { modelHash } from '../../model/hash.ts';
import type { Model } from '../../model/types.ts';
import { costing } from '../costing.ts';
import { excess } from '../costs.ts';
import { begun, type History, type Problem, randomAfter } from '../strategy.ts';
import { sampleModel } from './sample.ts';
import { simplest } from './simplest.ts';

const ATTEMPTS = 1000;

/** A network of the space that keeps to the limits and was not tried; undefined where none was drawn in a thousand. */
export function drawUntried(problem: Problem, history: History): Model | undefined {
  const { space, input, classes, objective } = problem;
  const random = randomAfter(problem, history);
  const tried = begun(history);
  const costs = costing(problem, history);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const model = simplest(sampleModel(space, input, classes, random));
    if (!excess(objective, costs(model)) && !tried.has(modelHash(model))) return model;
  }
  return undefined;
}
