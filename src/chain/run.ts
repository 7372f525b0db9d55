import { decodeModel } from '../compress/read-model.ts';
import { DivergedError, isAbort, LimitError, OptionError } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import type { InputDescription } from '../data/input-description.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { bytesIn, type Copy, type Format, keptFile } from '../search/file-formats.ts';
import { predictor } from '../train/predictor.ts';
import { quantizedPredictor } from '../train/quantized-predictor.ts';
import type { FineTuning } from './fine-tune.ts';
import type { Copies } from './network.ts';
import { takeStep } from './steps/registry.ts';
import type { ChainOutcome, ChainTrial } from './trial.ts';

/** What a chain is tried with. */
export interface ChainRunOptions {
  readonly gpu: Gpu;
  readonly network: { readonly model: Model; readonly weights: Weights };
  readonly train: Dataset;
  readonly validation: Dataset;
  /** Looked at where it is given. */
  readonly confirmation?: Dataset;
  readonly format: Format;
  readonly tuning: FineTuning;
  /** Is told in the file. */
  readonly input?: InputDescription;
  readonly signal?: AbortSignal;
}

export interface ChainRun {
  readonly outcome: ChainOutcome;
  /** Of each copy, as `encodeCompressed` writes it. */
  readonly files: readonly Uint8Array[];
}

/**
 * Takes the steps of a chain from each seed, writes the files, and measures what they decode to. `before`: what the chain without its last
 * step came to, a file a seed; then the last step alone is taken.
 */
export async function runChain(trial: ChainTrial, options: ChainRunOptions, before?: readonly Uint8Array[]): Promise<ChainRun> {
  const { gpu, validation, confirmation, format, input, signal } = options;
  try {
    const copies = copiesOf(await stepped(trial, options, before));
    const files = copies.map((copy) => keptFile(copy, input));
    // C code and TensorFlow Lite files are made of what the kept file decodes to.
    const bytes = files.map((file) => bytesIn(format, decodeModel(file), input));
    const accuracy = await accuraciesOf(gpu, files, validation, signal);
    const confirmed = confirmation && { confirmation: await accuraciesOf(gpu, files, confirmation, signal) };
    return { outcome: { status: 'measured', bytes, accuracy, ...confirmed }, files };
  } catch (error) {
    if (error instanceof DivergedError) return { outcome: { status: 'diverged', reason: error.message }, files: [] };
    const refuses = error instanceof OptionError || error instanceof LimitError;
    if (!refuses || isAbort(error) || trial.chain.length === 0) throw error;
    return { outcome: { status: 'refused', reason: error.message }, files: [] };
  }
}

async function stepped({ chain, seeds }: ChainTrial, options: ChainRunOptions, before?: readonly Uint8Array[]): Promise<Copies> {
  const { gpu, network, train, tuning, signal } = options;
  const { model, weights } = network;
  let copies = before ? decoded(before) : { model, weights: chain.length === 0 ? [weights] : seeds.map(() => weights) };
  for (const step of before ? chain.slice(-1) : chain)
    copies = await takeStep(step, copies, { gpu, train, seeds, tuning, signal });
  return copies;
}

function decoded(files: readonly Uint8Array[]): Copies {
  const networks = files.map(decodeModel);
  const [first] = networks;
  if (!first) throw new Error('A chain has a copy for each seed');
  const quantized = networks.flatMap((one) => (one.quantized ? [one.quantized] : []));
  const integers = quantized.length > 0 && { quantized };
  return { model: first.model, weights: networks.map(({ weights }) => weights), ...integers };
}

function copiesOf({ model, weights, quantized }: Copies): Copy[] {
  return weights.map((own, index) => {
    const integers = quantized?.[index];
    return { model, weights: own, ...(integers && { quantized: integers }) };
  });
}

/** Of what each file decodes to: one a file. */
export async function accuraciesOf(
  gpu: Gpu,
  files: readonly Uint8Array[],
  data: Dataset,
  signal?: AbortSignal,
): Promise<number[]> {
  const found: number[] = [];
  for (const file of files) {
    const { model, weights, quantized } = decodeModel(file);
    const batch = { batch: Math.min(64, data.size) };
    await using network = await (quantized ? quantizedPredictor(gpu, quantized, batch) : predictor(gpu, model, weights, batch));
    found.push((await network.evaluate(data, { signal, confusion: false })).accuracy ?? Number.NaN);
  }
  return found;
}
