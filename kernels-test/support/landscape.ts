import { Random } from '../../src/core/random.ts';
import type { Layer } from '../../src/model/types.ts';
import { objective } from '../../src/search/costs.ts';
import type { Evaluated, EvaluateOptions, Evaluator } from '../../src/search/run.ts';
import { DEFAULT_SPACE } from '../../src/search/space/space.ts';
import type { Problem } from '../../src/search/strategy.ts';
import type { Outcome, Trial } from '../../src/search/trial.ts';
import { weightsFrom } from './weights.ts';

/** Samples of a training of full length on the landscape. */
export const FULL = 27_000;

export const PROBLEM: Problem = {
  input: [28, 28, 1],
  classes: 10,
  space: DEFAULT_SPACE,
  objective: objective('parameters'),
  floor: 0.95,
  rungs: [FULL / 27, FULL / 9, FULL / 3, FULL],
  rates: [0.01],
  seeds: [1, 2, 3, 4, 5],
  seed: 1,
};

/**
 * A made-up world of networks whose best is known: the error falls with the root of the parameters, and halves for a convolution
 * and again for a pooling, so that the smallest network with an error below 5% has 162 parameters. Short trainings are worse, and
 * every seed is a little off.
 */
export function trueError({ model, costs, samples }: Pick<Trial, 'model' | 'costs' | 'samples'>): number {
  const types = new Set(typesOf(model.layers));
  const structure = (types.has('conv2d') ? 0.5 : 1) * (types.has('maxPool2d') || types.has('avgPool2d') ? 0.5 : 1);
  const capacity = 0.9 * structure * Math.sqrt(8 / Math.max(8, costs.parameters));
  return Math.min(0.9, capacity * (1 + (1 - Math.min(1, samples / FULL))));
}

/** Parameters of the smallest network that holds this floor. */
export function smallest(floor: number): number {
  return Math.ceil(8 * ((0.9 * 0.25) / (1 - floor)) ** 2);
}

type Trained = Extract<Outcome, { readonly status: 'trained' }>;

export class Landscape implements Evaluator {
  trials = 0;

  evaluate(trial: Trial, options?: EvaluateOptions): Promise<Evaluated & { readonly outcome: Trained }> {
    this.trials++;
    const error = trueError(trial);
    const accuracy = trial.rates
      .flatMap(() => trial.seeds)
      .map((seed) => {
        const noise = new Random(Number.parseInt(trial.key.slice(0, 8), 16), seed);
        return 1 - error + 0.001 * noise.normal();
      });
    const outcome = { status: 'trained' as const, accuracy, loss: accuracy.map((value) => 1 - value) };
    // They take their time to draw.
    const weights =
      options?.keep && trial.origin.strategy === 'pare'
        ? { weights: accuracy.map((_, replica) => weightsFrom(trial.model, replica)) }
        : {};
    return Promise.resolve({ outcome, ...weights });
  }
}

function typesOf(layers: readonly Layer[]): string[] {
  return layers.flatMap((layer) => {
    if (layer.type === 'branch') return layer.paths.flatMap(typesOf);
    return layer.type === 'residual' ? typesOf(layer.layers) : [layer.type];
  });
}
