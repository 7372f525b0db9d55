import type { Value } from '../../src/core/value.ts';
import { encode } from '../../src/gpu/commands.ts';
import { Workspace } from '../../src/gpu/workspace.ts';
import { parametersBehind } from '../../src/graph/sources.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import type { VariantChoice } from '../../src/kernels/family.ts';
import type { Gpu } from '../../src/node.ts';
import { layOut } from '../../src/plan/layout.ts';
import { ParameterStore } from '../../src/plan/parameters.ts';
import { Plan } from '../../src/plan/plan.ts';
import { NO_DATA_SET, TrainingState } from '../../src/plan/state.ts';
import './loaded-kernels.ts';

export interface GraphRun {
  /** Each output, one value a replica. */
  readonly values: readonly (readonly Value[])[];
  /** The kernels that ran, as `family/variant`. */
  readonly kernels: readonly string[];
}

/** Runs a graph with the kernel variants that are wanted. Inputs are the same for every replica, parameters have their first values. */
export async function runGraph(
  gpu: Gpu,
  outputs: readonly Tensor[],
  inputs: readonly { tensor: Tensor; value: Value }[],
  { choice = {}, replicas = 1 }: { choice?: VariantChoice; replicas?: number } = {},
): Promise<GraphRun> {
  const workspace = new Workspace(gpu, 'test');
  try {
    const state = new TrainingState(workspace, replicas);
    const each = <T>(value: T) => Array.from({ length: replicas }, () => value);
    state.write({ step: 0, ...NO_DATA_SET, seeds: each(0), learningRates: each(0) });
    const parameters = new ParameterStore(workspace, parametersBehind(outputs), { replicas, splits: new Map(), moments: 0 });
    const plan = await Plan.create(workspace, layOut(gpu, { replicas, outputs, choice }), { state, parameters });
    for (const { tensor, value } of inputs) if (plan.uses(tensor)) plan.upload(tensor, value.data);
    workspace.submit((encoder) => encode(encoder, plan.commands));
    return { values: await plan.read(outputs), kernels: plan.summary.kernels.map(({ name }) => name) };
  } finally {
    workspace.destroy();
  }
}
