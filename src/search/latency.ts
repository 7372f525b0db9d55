import { elements } from '../core/value.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { predictor } from '../train/predictor.ts';

const WARM_UP = 5;
const RUNS = 31;

/** Milliseconds of an inference of one sample on this adapter, from the values in to the values out: the median of 31. */
export async function latencyOf(gpu: Gpu, model: Model, weights: Weights): Promise<number> {
  await using network = await predictor(gpu, model, weights, { batch: 1 });
  const x = { shape: [1, ...model.input], data: new Float32Array(elements(model.input)).fill(0.5) };
  const times: number[] = [];
  for (let run = 0; run < WARM_UP + RUNS; run++) {
    const started = performance.now();
    await network.predict(x);
    if (run >= WARM_UP) times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Number.NaN;
}
