import { checkArguments, RECORD, refuseUnknown } from '../core/arguments.ts';
import { sameShape, type Value } from '../core/value.ts';
import type { Dataset } from '../data/dataset.ts';
import { DATASET } from '../data/kind.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { resolve } from '../model/resolve.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import type { GraphOptions } from '../plan/layout.ts';
import { type TuneMode, tunedChoice } from '../tune/tuner.ts';
import { checkCount, checkTune } from './checks.ts';
import { checkEvaluateOptions, type EvaluateOptions, type Evaluation, Inference } from './inference.ts';
import { checkedLoss, type LossName } from './loss.ts';
import { Predictions } from './predictions.ts';
import { ResidentData } from './resident.ts';
import { endsWithLengths } from './usual-loss.ts';

/** Runs a model with given weights. Make it with `predictor()`. */
export interface Predictor {
  /** The last layer's output [N, ...] for x [N, ...input], N of any size. */
  predict(x: Value): Promise<Value>;
  /** Loss on each sample of a data set once: softmax cross-entropy (with accuracy and confusion) for classes, binary cross-entropy for two classes and one output, else mean squared error. */
  evaluate(data: Dataset, options?: EvaluateOptions): Promise<Evaluation>;
  /** Frees what the predictor made on the GPU, after the predictions and evaluations that are under way. */
  destroy(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

class FloatPredictor implements Predictor {
  private readonly evaluations = new Map<LossName, Promise<Inference>>();
  constructor(
    private readonly predictions: Predictions,
    private readonly batch: number,
    private readonly tune: 'off' | TuneMode,
  ) {}

  predict(x: Value): Promise<Value> {
    return this.predictions.predict(x);
  }

  async evaluate(data: Dataset, options: EvaluateOptions = {}): Promise<Evaluation> {
    checkArguments('evaluate(test)', { data: DATASET, options: RECORD }, [data, options]);
    checkEvaluateOptions(options);
    const { network, workspace } = this.predictions;
    return workspace.during(async () => {
      const plan = await this.evaluationBy(judgeOf(data, network.model));
      const resident = await ResidentData.create(workspace.gpu, data);
      try {
        const [evaluation] = await plan.evaluate(resident, options);
        if (!evaluation) throw new Error('A predictor has one replica');
        return evaluation;
      } finally {
        resident.destroy();
      }
    });
  }

  async destroy(): Promise<void> {
    await this.predictions.workspace.close();
    const plans = [...this.evaluations.values()];
    this.evaluations.clear();
    await Promise.all(plans.map(async (plan) => (await plan.catch(() => undefined))?.destroy()));
    await this.predictions.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy();
  }

  private async evaluationBy(loss: LossName): Promise<Inference> {
    let plan = this.evaluations.get(loss);
    if (!plan) {
      const { network, parameters, workspace } = this.predictions;
      const options = { owner: 'predictor', replicas: 1, batch: this.batch, tune: this.tune, ...checkedLoss(loss) };
      plan = Inference.create({ gpu: workspace.gpu, network, parameters, ...options });
      this.evaluations.set(loss, plan);
    }
    try {
      return await plan;
    } catch (error) {
      // What failed is tried anew the next time.
      if (this.evaluations.get(loss) === plan) this.evaluations.delete(loss);
      throw error;
    }
  }
}

function judgeOf(data: Dataset, model: Model): LossName {
  return data.classes !== undefined && endsWithLengths(model) ? 'margin' : lossFor(data, model);
}

/** What a data set's labels or targets are compared with the output by; capsules, which have no form in integers, apart. */
export function lossFor({ classes }: Dataset, model: Model): 'softmaxCrossEntropy' | 'binaryCrossEntropy' | 'meanSquaredError' {
  if (classes === undefined) return 'meanSquaredError';
  const output = resolve(model).at(-1)?.outputShape ?? model.input;
  return classes === 2 && sameShape(output, [1]) ? 'binaryCrossEntropy' : 'softmaxCrossEntropy';
}

export interface PredictorOptions {
  /** Samples that run at a time [64]. */
  readonly batch?: number;
  readonly tune?: 'off' | TuneMode;
}

export async function predictor(
  gpu: Gpu,
  model: Model,
  weights: Weights,
  { batch = 64, tune = 'off', ...rest }: PredictorOptions = {},
): Promise<Predictor> {
  refuseUnknown('predictor', rest, ['batch', 'tune']);
  checkCount('predictor: batch', batch);
  checkTune('predictor', tune);
  const choose = tune === 'off' ? undefined : (graph: GraphOptions) => tunedChoice(gpu, graph, { mode: tune });
  return new FloatPredictor(await Predictions.create(gpu, model, weights, { batch, choose }), batch, tune);
}
