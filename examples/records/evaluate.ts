import { DataError, type Dataset, dataset, type Gpu, lowerBound, predictor, statistics } from 'paredown/node';
import type { KeptRow, KeptSeed } from './kept.ts';

/** A row with what its networks come to on the test set. */
export interface Evaluated extends KeptRow {
  /** One a seed, in the order of `seeds`. */
  readonly test: readonly number[];
  readonly mean: number;
  readonly deviation: number;
  /** One-sided 95% lower bound of the mean over seeds, by Student's t. */
  readonly bound: number;
}

/** Throws a DataError where a network takes other images than the test set has. */
export async function evaluateRow(gpu: Gpu, row: KeptRow, test: Dataset, signal?: AbortSignal): Promise<Evaluated> {
  const accuracies: number[] = [];
  for (const seed of row.seeds) accuracies.push(await accuracyOf(gpu, row, seed, test, signal));
  const { mean, deviation } = statistics;
  return {
    ...row,
    test: accuracies,
    mean: mean(accuracies),
    deviation: deviation(accuracies) ?? Number.NaN,
    bound: lowerBound(accuracies) ?? Number.NaN,
  };
}

const BATCH = 500;

async function accuracyOf(gpu: Gpu, { model }: KeptRow, seed: KeptSeed, test: Dataset, signal?: AbortSignal): Promise<number> {
  const { file, weights, input } = seed;
  if (test.inputShape.join() !== model.input.join())
    throw new DataError(`${file} takes samples of ${model.input.join('x')}, ${test.name} has ${test.inputShape.join('x')}`);
  await using network = await predictor(gpu, model, weights, { batch: Math.min(BATCH, test.size) });
  const { scale, offset } = input;
  const { accuracy } = await network.evaluate(dataset({ ...test, scale, offset }), { ...(signal && { signal }) });
  if (accuracy === undefined) throw new DataError(`${file}: its output is no class of ${test.name}`);
  return accuracy;
}
