import { DataError, type Dataset, type DecodedModel, dataset, type Gpu, type InputDescription, predictor } from 'paredown/node';
import { type KeptFiles, trainedOf } from './compressed.ts';
import { type Figures, figuresOf } from './figures.ts';
import type { KeptRow } from './kept.ts';

/** A row with what its networks come to on the test set. */
export type Evaluated = KeptRow & Figures;
export type EvaluatedFiles = KeptFiles & Figures;

/** Throws a DataError where a network takes other images than the test set has. */
export async function evaluateRow(gpu: Gpu, row: KeptRow, test: Dataset, signal?: AbortSignal): Promise<Evaluated> {
  const accuracies: number[] = [];
  for (const { file, weights, input } of row.seeds)
    accuracies.push(await accuracyOf(gpu, { file, input, model: row.model, weights }, test, signal));
  return { ...row, ...figuresOf(accuracies) };
}

/** What the files decode to, in integers where they hold such. Throws a DataError as `evaluateRow`. */
export async function evaluateFiles(gpu: Gpu, row: KeptFiles, test: Dataset, signal?: AbortSignal): Promise<EvaluatedFiles> {
  const accuracies: number[] = [];
  for (const seed of row.seeds) accuracies.push(await accuracyOf(gpu, trainedOf(seed), test, signal));
  return { ...row, ...figuresOf(accuracies) };
}

const BATCH = 500;

interface Trained extends Pick<DecodedModel, 'model' | 'weights' | 'quantized'> {
  readonly file: string;
  /** [as the data set tells] */
  readonly input?: InputDescription | undefined;
}

async function accuracyOf(gpu: Gpu, trained: Trained, test: Dataset, signal?: AbortSignal): Promise<number> {
  const { file, model, weights, quantized, input } = trained;
  if (test.inputShape.join() !== model.input.join())
    throw new DataError(`${file} takes samples of ${model.input.join('x')}, ${test.name} has ${test.inputShape.join('x')}`);
  const batch = Math.min(BATCH, test.size);
  await using network = await (quantized ? predictor(gpu, quantized, { batch }) : predictor(gpu, model, weights, { batch }));
  const { scale, offset } = input ?? test;
  const { accuracy } = await network.evaluate(dataset({ ...test, scale, offset }), { ...(signal && { signal }) });
  if (accuracy === undefined) throw new DataError(`${file}: its output is no class of ${test.name}`);
  return accuracy;
}
