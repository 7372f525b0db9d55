import { appendFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { DEFAULT_SETUP, digits } from 'paredown/node';
import { Random } from '../../src/core/random.ts';
import { elements } from '../../src/core/value.ts';
import { parametersOf } from '../../src/model/resolve.ts';
import type { Weights } from '../../src/model/weights.ts';
import type { Evaluated, EvaluateOptions, Evaluator } from '../../src/search/run.ts';
import type { Trial } from '../../src/search/trial.ts';
import { Landscape } from './landscape.ts';

const { train, validation } = digits({ train: 100, test: 20 });
/** What the made-up searches over a queue are told to learn from. */
export const DATA = { train, validation };
export const SETUP = DEFAULT_SETUP;
/** How many trials a made-up search may have out at once. */
export const LAG = 6;

/** The made-up landscape, with weights where they are wanted, which takes its time and writes down what it begins. */
export class SlowLandscape implements Evaluator, AsyncDisposable {
  private readonly landscape = new Landscape();

  constructor(private readonly options: { readonly milliseconds?: number; readonly log?: string; readonly name?: string } = {}) {}

  async evaluate(trial: Trial, { keep, initial, signal }: EvaluateOptions): Promise<Evaluated> {
    const { milliseconds = 0, log, name = 'here' } = this.options;
    if (log) appendFileSync(log, `${name} ${trial.key}\n`);
    await setTimeout(milliseconds, undefined, { signal });
    const evaluated = await this.landscape.evaluate(trial);
    if (!keep) return evaluated;
    return { ...evaluated, weights: evaluated.outcome.accuracy.map((_, replica) => initial ?? weightsFor(trial, replica)) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Made up of the key, so that the same trial has the same. */
export function weightsFor({ key, model }: Trial, replica: number): Weights {
  const random = new Random(Number.parseInt(key.slice(0, 8), 16), replica);
  return new Map(
    parametersOf(model).map(({ name, shape }) => [
      name,
      { shape, data: Float32Array.from({ length: elements(shape) }, () => random.normal()) },
    ]),
  );
}
