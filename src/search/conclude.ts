import { decodeModel } from '../compress/read-model.ts';
import { fromBase64 } from '../core/base64.ts';
import { abortError, DataError, DeviceLostError } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { datasetHash } from '../data/hash.ts';
import type { InputDescription } from '../data/input-description.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Weights } from '../model/weights.ts';
import { predictor } from '../train/predictor.ts';
import { quantizedPredictor } from '../train/quantized-predictor.ts';
import { bestOf, confirmsLength, score } from './best.ts';
import type { Conclusion, Finalist } from './conclusion.ts';
import { fullFront } from './finish.ts';
import { HandedDown, type Start } from './inherit/initial.ts';
import type { ReopeningGpu } from './reopening.ts';
import type { Evaluator, Study } from './run.ts';
import type { Problem } from './strategy.ts';
import { atBestRate, leavesIn, type TrialRecord } from './trial.ts';

/** The networks whose test figures are reported: the front of those trained from all seeds, and the best. By rising cost. */
export function finalistsOf(problem: Problem, records: readonly TrialRecord[]): TrialRecord[] {
  const confirmed = records.filter((record) => confirmsLength(problem, record));
  const front = fullFront(problem, confirmed);
  const best = bestOf(problem, records);
  const all = best && !front.includes(best) ? [...front, best] : front;
  return all.sort((a, b) => score(problem, a) - score(problem, b));
}

export interface ConcludeOptions {
  readonly problem: Problem;
  readonly study: Study;
  /** What the networks take: is kept with weights. */
  readonly input?: InputDescription;
  readonly test: Dataset;
  /** See `makeTrial`. */
  readonly context?: object;
  /** Trains a network again whose weights were lost. */
  readonly evaluator: Evaluator;
  /** See `RunOptions`. */
  readonly start?: Start;
  readonly onTested?: (done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Looks at the test set: the accuracy of each network of the front, from every seed that it was trained from. Everything was chosen
 * before. Where the study's last conclusion is of the same networks and this very test set, that one is returned, and the test set
 * stays untouched; so it does where there is no such network.
 */
export async function conclude(device: ReopeningGpu, options: ConcludeOptions): Promise<Conclusion> {
  const { problem, study, test, onTested, signal } = options;
  const chosen = finalistsOf(problem, study.records);
  const testHash = await datasetHash(test);
  if (chosen.length === 0) return { finalists: [], testHash, date: new Date().toISOString() };
  // Before the test set, also where that was looked at: lost weights of what was found are made again.
  const weights = new Map<TrialRecord, readonly Weights[]>();
  const files = new Map<TrialRecord, readonly string[]>();
  const handedDown = new HandedDown(options);
  for (const record of chosen)
    if (leavesIn(options.context ?? {}, record.recipe)) files.set(record, await filesOf(record, options));
    else weights.set(record, await weightsOf(handedDown, record, options));
  const best = bestOf(problem, study.records)?.key;
  const last = study.conclusions.at(-1);
  const keys = (of: readonly { readonly key: string }[]) => of.map(({ key }) => key).join();
  if (last?.testHash === testHash && last.best === best && keys(last.finalists) === keys(chosen)) return last;
  const finalists: Finalist[] = [];
  for (const record of chosen) {
    const picked = atBestRate(record);
    if (!picked) continue;
    const tested: number[] = [];
    for (const replica of picked.replicas) {
      if (signal?.aborted) throw abortError(signal.reason);
      const file = files.get(record)?.[replica];
      if (file !== undefined) tested.push(await device.use((gpu) => fileAccuracy(gpu, file, test)));
      const one = weights.get(record)?.[replica];
      if (one) tested.push(await device.use((gpu) => testAccuracy(gpu, record, one, test)));
    }
    const { key, model, costs, seeds } = record;
    const confirmation = picked.confirmation && { confirmation: picked.confirmation };
    finalists.push({ key, model, costs, seeds, validation: picked.accuracy, ...confirmation, test: tested });
    onTested?.(finalists.length, chosen.length);
  }
  const conclusion = { finalists, ...(best !== undefined && { best }), testHash, date: new Date().toISOString() };
  await study.addConclusion(conclusion);
  return conclusion;
}

/** Of every training of a trial; where they were lost, they are made again, the same, and kept. */
async function weightsOf(
  handedDown: HandedDown,
  record: TrialRecord,
  { evaluator, signal }: ConcludeOptions,
): Promise<readonly Weights[]> {
  const made = await handedDown.of(record, { evaluator, signal });
  if ('outcome' in made && made.lost) throw new DeviceLostError('as a network was trained again', made.outcome.reason);
  if ('outcome' in made || !made.same) throw comesToSomethingElse(record);
  return made.weights;
}

function comesToSomethingElse({ number, key }: TrialRecord): DataError {
  return new DataError(
    `The weights of trial ${number + 1} (${key}) are lost, and trained again it comes to something else: by another ` +
      'adapter or version than before? Bring the weights back, or search anew in another study',
  );
}

/** What the networks of a trial leave as; what was lost is made again by the same training. */
async function filesOf(record: TrialRecord, { study, evaluator, signal }: ConcludeOptions): Promise<readonly string[]> {
  const kept = await study.files?.(record);
  if (kept) return kept;
  const { outcome, files, lost } = await evaluator.evaluate(record, { keep: true, signal });
  if (lost && 'reason' in outcome) throw new DeviceLostError('as a network was trained again', outcome.reason);
  const before = record.outcome.status === 'trained' ? record.outcome.accuracy.join() : '';
  if (!files || outcome.status !== 'trained' || outcome.accuracy.join() !== before) throw comesToSomethingElse(record);
  await study.addFiles?.(record, files);
  return files;
}

/** Of the very network that leaves. */
async function fileAccuracy(gpu: Gpu, file: string, test: Dataset): Promise<number> {
  const { model, weights, quantized } = decodeModel(fromBase64(file) ?? new Uint8Array());
  await using network = await (quantized ? quantizedPredictor(gpu, quantized) : predictor(gpu, model, weights));
  return (await network.evaluate(test)).accuracy ?? Number.NaN;
}

async function testAccuracy(gpu: Gpu, { model }: TrialRecord, weights: Weights, test: Dataset): Promise<number> {
  await using network = await predictor(gpu, model, weights);
  return (await network.evaluate(test)).accuracy ?? Number.NaN;
}
