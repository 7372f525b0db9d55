import type { Value } from '../core/value.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Workspace } from '../gpu/workspace.ts';
import { Network } from '../model/network.ts';
import type { Model } from '../model/types.ts';
import { checkWeights, type Weights } from '../model/weights.ts';
import { ParameterStore } from '../plan/parameters.ts';
import { Prediction, type PredictionOptions } from './prediction.ts';

/** A network with its weights on the GPU; its predictions are planned when the first is asked for. */
export class Predictions {
  private planned: Promise<Prediction> | undefined;

  private constructor(
    readonly workspace: Workspace,
    readonly network: Network,
    readonly parameters: ParameterStore,
    private readonly options: Pick<PredictionOptions, 'batch' | 'choose'>,
  ) {}

  /** Throws a ShapeError where the weights belong to another model. */
  static async create(
    gpu: Gpu,
    model: Model,
    weights: Weights,
    options: Pick<PredictionOptions, 'batch' | 'choose'>,
  ): Promise<Predictions> {
    gpu.check();
    checkWeights(model, weights);
    const network = new Network(model, new Map(weights));
    const workspace = new Workspace(gpu, 'predictor');
    try {
      const parameters = [...network.parameters.values()];
      const store = new ParameterStore(workspace, parameters, { replicas: 1, splits: new Map(), moments: 0 });
      await workspace.settled();
      return new Predictions(workspace, network, store, options);
    } catch (error) {
      workspace.destroy();
      throw error;
    }
  }

  /** The last layer's output [N, ...] for x [N, ...input], N of any size. */
  async predict(x: Value): Promise<Value> {
    return this.workspace.during(async () => (await this.plan()).predict(x));
  }

  /** Frees what was made on the GPU, after the predictions that are under way. */
  async destroy(): Promise<void> {
    await this.workspace.close();
    const plan = await this.planned?.catch(() => undefined);
    this.planned = undefined;
    await plan?.destroy();
    this.workspace.destroy();
  }

  private async plan(): Promise<Prediction> {
    const { network, parameters, workspace } = this;
    this.planned ??= Prediction.create({ gpu: workspace.gpu, owner: 'predictor', network, parameters, ...this.options });
    const { planned } = this;
    try {
      return await planned;
    } catch (error) {
      // What failed is tried anew the next time.
      if (this.planned === planned) this.planned = undefined;
      throw error;
    }
  }
}
