import { LimitError } from '../core/errors.ts';
import { encode } from '../gpu/commands.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Workspace } from '../gpu/workspace.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { VariantChoice } from '../kernels/family.ts';
import type { Network } from '../model/network.ts';
import { type GraphOptions, layOut, layoutThatFits, loadFamilies } from '../plan/layout.ts';
import type { ParameterStore } from '../plan/parameters.ts';
import { Plan } from '../plan/plan.ts';
import { TrainingState } from '../plan/state.ts';
import { withWhatFits } from './what-fits.ts';

export interface ForwardOptions {
  readonly gpu: Gpu;
  /** Whose it is, in an error's words. */
  readonly owner: string;
  readonly network: Network;
  readonly parameters: ParameterStore;
  readonly replicas: number;
  readonly batch: number;
}

/** The plan of a network's forward pass, whatever is made of its outputs. */
export class ForwardPlan {
  /** What runs on a plan shares its state and buffers, so one waits for the other. */
  private busy: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly options: ForwardOptions,
    readonly workspace: Workspace,
    readonly state: TrainingState,
    readonly plan: Plan,
  ) {}

  /** `outputsOf`: the tensors of a batch that are to be read. `choose`: which kernel variants serve them [the preferred ones]. */
  static async create(
    options: ForwardOptions,
    outputs: readonly Tensor[],
    outputsOf: (batch: number) => readonly Tensor[],
    choose?: (graph: GraphOptions) => Promise<VariantChoice>,
  ): Promise<ForwardPlan> {
    const { gpu, owner, parameters, replicas } = options;
    await loadFamilies(gpu, { replicas, outputs }, { served: choose === undefined });
    const choice = await choose?.({ replicas, outputs });
    const workspace = new Workspace(gpu, owner);
    try {
      const state = new TrainingState(workspace, replicas);
      const layout = layOut(gpu, { replicas, outputs, ...(choice && { choice }), prepares: true });
      const plan = await Plan.create(workspace, layout, { state, parameters, averages: true });
      return new ForwardPlan(options, workspace, state, plan);
    } catch (error) {
      workspace.destroy();
      if (error instanceof LimitError) await loadFamilies(gpu, { replicas, outputs });
      throw withWhatFits(
        error,
        options,
        ({ batch, replicas }) => layoutThatFits(gpu, { replicas, outputs: outputsOf(batch), prepares: true }) !== undefined,
      );
    }
  }

  /** Does work after what was asked for before. */
  next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.busy.then(work);
    this.busy = done.catch(() => undefined);
    return done;
  }

  /** To be called before the batches of a data set, or of what is to be predicted: weights may have changed since the last one. */
  begin(samples: number): void {
    const { replicas, batch } = this.options;
    const none = Array.from({ length: replicas }, () => 0);
    this.state.write({ step: 0, samples, batch, origin: 0, seeds: none, learningRates: none });
    const { preparation } = this.plan;
    if (preparation.length > 0) this.workspace.submit((encoder) => encode(encoder, preparation));
  }

  /** Frees everything, after what is under way. */
  async destroy(): Promise<void> {
    await this.busy;
    this.workspace.destroy();
  }
}
