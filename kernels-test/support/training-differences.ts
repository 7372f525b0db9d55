import { type Dataset, type Gpu, type Model, sgd, type TrainerOptions, trainer } from '../../src/node.ts';
import { ReferenceTraining } from './reference-training.ts';
import { sumError, UNIT } from './rounding.ts';

const STEPS = 3;

/** The largest magnitude of a - b, or of a alone. */
function largest(a: Float64Array = new Float64Array(), b?: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b ? (b[i] ?? Number.NaN) : 0))), 0);
}

/**
 * Trains three steps on the GPU and in float64; a line for each tensor that differs, and for losses. Weights may be off by a share
 * of the largest change of their tensor: the longest sums have `terms` terms, and each step goes through at most 20 layers forward
 * and back.
 */
export async function trainingDifferences(
  gpu: Gpu,
  m: Model,
  data: Dataset,
  terms: number,
  options: Partial<TrainerOptions> = {},
): Promise<string[]> {
  const tolerance = 2 * 20 * sumError(terms);
  const settings = { batch: 3, optimizer: sgd({ learningRate: 0.1, momentum: 0.5 }), seed: 5, ...options };
  const training = await trainer(gpu, m, settings);
  const start = await training.weights();
  const expected = new ReferenceTraining(m, data, start, { ...settings, seed: 5 });
  const found: string[] = [];
  for await (const { step, loss } of training.fit(data, { steps: STEPS, reportEvery: 1 })) {
    const wanted = expected.run();
    if (!(Math.abs(loss - wanted) <= tolerance * wanted)) found.push(`the loss of step ${step} is ${loss}, expected ${wanted}`);
  }
  const weights = await training.weights();
  await training.destroy();
  const changes = new Map(
    [...start].map(([name, { data: before }]) => [name, largest(expected.weights.get(name)?.data, before)]),
  );
  const most = Math.max(...changes.values());
  for (const [name, { data: got }] of weights) {
    const wanted = expected.weights.get(name)?.data;
    const off = largest(wanted, got);
    // Where terms cancel out, only their own size tells how far rounding goes: other gradients', or, for statistics, activations' of about 1.
    const change = /(mean|variance)$/.test(name) ? Math.max(1, largest(wanted)) : Math.max(changes.get(name) ?? 0, most / 1000);
    if (!(off <= tolerance * change + STEPS * UNIT * largest(wanted)))
      found.push(`${name} is off by ${off}; its change was ${changes.get(name)}`);
  }
  return found;
}
