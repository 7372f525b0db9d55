import { abortError } from '../core/errors.ts';
import { elements } from '../core/value.ts';
import { type Dataset, dataset } from '../data/dataset.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { predictor } from '../train/predictor.ts';

/** Samples at a time. */
const SAMPLES = 1024;

/** Data with what a network makes of each sample as `teacherLogits`, from which smaller ones learn. Throws an AbortError once `signal` asks for it. */
export async function taught(
  gpu: Gpu,
  { model, weights }: { readonly model: Model; readonly weights: Weights },
  data: Dataset,
  signal?: AbortSignal,
): Promise<Dataset> {
  const { size, x, scale, offset, classes = 0 } = data;
  const length = elements(model.input);
  const logits = new Float32Array(size * classes);
  await using network = await predictor(gpu, model, weights);
  for (let first = 0; first < size; first += SAMPLES) {
    if (signal?.aborted) throw abortError(signal.reason);
    const rows = Math.min(SAMPLES, size - first);
    const stored = x.subarray(first * length, (first + rows) * length);
    const seen = Float32Array.from(stored, (value) => Math.fround(value * scale) + offset);
    logits.set((await network.predict({ shape: [rows, ...model.input], data: seen })).data, first * classes);
  }
  return dataset({ ...data, teacherLogits: logits });
}
