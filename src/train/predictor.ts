import { checkArguments, RECORD, refuseUnknown } from '../core/arguments.ts';
import { sameShape, type Value } from '../core/value.ts';
import type { Dataset } from '../data/dataset.ts';
import { DATASET } from '../data/kind.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Workspace } from '../gpu/workspace.ts';
import { Network } from '../model/network.ts';
import { resolve } from '../model/resolve.ts';
import type { Model } from '../model/types.ts';
import { checkWeights, type Weights } from '../model/weights.ts';
import { ParameterStore } from '../plan/parameters.ts';
import type { TuneMode } from '../tune/tuner.ts';
import { checkCount, checkTune } from './checks.ts';
import { checkEvaluateOptions, type EvaluateOptions, type Evaluation, Inference } from './inference.ts';
import { checkedLoss, type LossName } from './loss.ts';
import { ResidentData } from './resident.ts';

/** Runs a model with given weights. Make it with `predictor()`. */
export class Predictor {
  private readonly plans = new Map<LossName | 'none', Promise<Inference>>();
  constructor(
    private readonly workspace: Workspace,
    private readonly network: Network,
    private readonly parameters: ParameterStore,
    private readonly batch: number,
    private readonly tune: 'off' | TuneMode,
  ) {}

  /** The last layer's output [N, ...] for x [N, ...input], N of any size. */
  async predict(x: Value): Promise<Value> {
    return this.workspace.during(async () => (await this.plan('none')).predict(x));
  }

  /** Loss on each sample of a data set once: softmax cross-entropy (with accuracy and confusion) for classes, binary cross-entropy for two classes and one output, else mean squared error. */
  async evaluate(data: Dataset, options: EvaluateOptions = {}): Promise<Evaluation> {
    checkArguments('evaluate(test)', { data: DATASET, options: RECORD }, [data, options]);
    checkEvaluateOptions(options);
    return this.workspace.during(async () => {
      const plan = await this.plan(lossFor(data, this.network.model));
      const resident = await ResidentData.create(this.workspace.gpu, data);
      try {
        const [evaluation] = await plan.evaluate(resident, options);
        if (!evaluation) throw new Error('A predictor has one replica');
        return evaluation;
      } finally {
        resident.destroy();
      }
    });
  }

  /** Frees what the predictor made on the GPU, after the predictions and evaluations that are under way. */
  async destroy(): Promise<void> {
    await this.workspace.close();
    const plans = [...this.plans.values()];
    this.plans.clear();
    await Promise.all(plans.map(async (plan) => (await plan.catch(() => undefined))?.destroy()));
    this.workspace.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy();
  }

  private async plan(loss: LossName | 'none'): Promise<Inference> {
    let plan = this.plans.get(loss);
    if (!plan) {
      const { network, parameters, batch, tune } = this;
      const judged = loss === 'none' ? { loss, lossOptions: {}, reduction: 'mean' as const } : checkedLoss(loss);
      const options = { owner: 'predictor', replicas: 1, batch, tune, ...judged };
      plan = Inference.create({ gpu: this.workspace.gpu, network, parameters, ...options });
      this.plans.set(loss, plan);
    }
    try {
      return await plan;
    } catch (error) {
      // What failed is tried anew the next time.
      if (this.plans.get(loss) === plan) this.plans.delete(loss);
      throw error;
    }
  }
}

/** What a data set's labels or targets are compared with the output by. */
function lossFor({ classes }: Dataset, model: Model): LossName {
  if (classes === undefined) return 'meanSquaredError';
  const output = resolve(model).at(-1)?.outputShape ?? model.input;
  return classes === 2 && sameShape(output, [1]) ? 'binaryCrossEntropy' : 'softmaxCrossEntropy';
}

export async function predictor(
  gpu: Gpu,
  model: Model,
  weights: Weights,
  { batch = 64, tune = 'off', ...rest }: { batch?: number; tune?: 'off' | TuneMode } = {},
): Promise<Predictor> {
  refuseUnknown('predictor', rest, ['batch', 'tune']);
  checkCount('predictor: batch', batch);
  checkTune('predictor', tune);
  gpu.check();
  checkWeights(model, weights);
  const network = new Network(model, new Map(weights));
  const workspace = new Workspace(gpu, 'predictor');
  try {
    const parameters = [...network.parameters.values()];
    const store = new ParameterStore(workspace, parameters, { replicas: 1, splits: new Map(), moments: 0 });
    await workspace.settled();
    return new Predictor(workspace, network, store, batch, tune);
  } catch (error) {
    workspace.destroy();
    throw error;
  }
}
