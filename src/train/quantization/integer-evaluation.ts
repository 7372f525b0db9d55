import type { Dataset } from '../../data/dataset.ts';
import type { Gpu } from '../../gpu/gpu.ts';
import type { QuantizedModel } from '../../quantize/types.ts';
import type { EvaluateOptions, Evaluation } from '../inference.ts';
import type { LossSettings } from '../loss.ts';
import { quantizedPredictor } from '../quantized-predictor.ts';

/** What `predictor(gpu, quantized)` tells of each network; the sum of the losses where the trainer's loss is one. Label smoothing is left out. */
export async function evaluateIntegers(
  gpu: Gpu,
  models: readonly QuantizedModel[],
  { batch, reduction }: LossSettings & { readonly batch: number },
  data: Dataset,
  options: EvaluateOptions,
): Promise<Evaluation[]> {
  const evaluations: Evaluation[] = [];
  for (const quantized of models) {
    const predicting = await quantizedPredictor(gpu, quantized, { batch });
    try {
      const evaluation = await predicting.evaluate(data, options);
      evaluations.push(reduction === 'sum' ? { ...evaluation, loss: evaluation.loss * data.size } : evaluation);
    } finally {
      await predicting.destroy();
    }
  }
  return evaluations;
}
