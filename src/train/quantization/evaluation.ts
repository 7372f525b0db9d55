import { Workspace } from '../../gpu/workspace.ts';
import { Network } from '../../model/network.ts';
import { ParameterStore } from '../../plan/parameters.ts';
import { dequantizedWeights } from '../../quantize/dequantized.ts';
import type { QuantizedModel } from '../../quantize/types.ts';
import { type EvaluateOptions, type Evaluation, Inference, type InferenceOptions } from '../inference.ts';
import type { ResidentData } from '../resident.ts';

/** Evaluates networks with the integers of their weights: the same as `predictor(gpu, quantized)` of each. */
export class QuantizedEvaluation {
  private constructor(
    private readonly workspace: Workspace,
    private readonly network: Network,
    private readonly parameters: ParameterStore,
    private readonly inference: Inference,
    /** The networks as they are now, one a replica. */
    private readonly current: () => Promise<readonly QuantizedModel[]>,
  ) {}

  static async create(
    { gpu, ...options }: Omit<InferenceOptions, 'network' | 'parameters'>,
    current: () => Promise<readonly QuantizedModel[]>,
  ): Promise<QuantizedEvaluation> {
    const [first] = await current();
    if (!first) throw new Error('A trainer has at least one replica');
    const network = new Network(first.model, new Map(dequantizedWeights(first)));
    const workspace = new Workspace(gpu, options.owner);
    try {
      const { replicas } = options;
      const parameters = new ParameterStore(workspace, [...network.parameters.values()], {
        replicas,
        splits: new Map(),
        moments: 0,
      });
      await workspace.settled();
      const inference = await Inference.create({ gpu, network, parameters, ...options });
      return new QuantizedEvaluation(workspace, network, parameters, inference, current);
    } catch (error) {
      workspace.destroy();
      throw error;
    }
  }

  get outputShape(): readonly number[] {
    return this.inference.outputShape;
  }

  async evaluate(resident: ResidentData, options: EvaluateOptions): Promise<Evaluation[]> {
    const models = await this.current();
    this.parameters.write(
      models.flatMap((one, replica) =>
        [...dequantizedWeights(one)].flatMap(([name, { data }]) => {
          const parameter = this.network.parameters.get(name);
          return parameter ? [{ parameter, slot: 'value' as const, replica, data }] : [];
        }),
      ),
    );
    return this.inference.evaluate(resident, options);
  }

  async destroy(): Promise<void> {
    await this.inference.destroy();
    this.workspace.destroy();
  }
}
