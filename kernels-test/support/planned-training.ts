import type { Value } from '../../src/core/value.ts';
import { encode } from '../../src/gpu/commands.ts';
import { Workspace } from '../../src/gpu/workspace.ts';
import { Network } from '../../src/model/network.ts';
import { adam, type Gpu, type Model, type PlanSummary } from '../../src/node.ts';
import { layOut } from '../../src/plan/layout.ts';
import { createParameters } from '../../src/plan/parameters.ts';
import { Plan } from '../../src/plan/plan.ts';
import { NO_DATA_SET, TrainingState } from '../../src/plan/state.ts';
import { updateDispatches } from '../../src/plan/update.ts';
import { trainerSettings } from '../../src/train/options.ts';
import { trainingGraph, updateOf } from '../../src/train/training-graph.ts';
import './loaded-kernels.ts';

export interface PlannedTraining {
  readonly summary: PlanSummary;
  /** One step of Adam on a batch; the loss of each sample. */
  step(x: Float32Array, labels: Float32Array): Promise<Float32Array>;
  weights(): Promise<Map<string, Value>>;
  destroy(): void;
}

/** The training plan of a model by itself, without a trainer around it, so that memory sharing can be left out. */
export async function planTraining(gpu: Gpu, m: Model, batch: number, share: boolean): Promise<PlannedTraining> {
  const settings = trainerSettings({ batch, optimizer: adam({ learningRate: 0.01 }), seed: 3 });
  const network = new Network(m, settings.seeds);
  const { rows, gradients, x: images, goal } = trainingGraph(network, settings);
  const layout = layOut(gpu, {
    replicas: 1,
    outputs: [rows],
    update: updateOf(settings, gradients),
    share,
  });
  const workspace = new Workspace(gpu, 'test');
  const parameters = createParameters(workspace, [...network.parameters.values()], layout);
  const state = new TrainingState(workspace, 1);
  const plan = await Plan.create(workspace, layout, { state, parameters, update: updateDispatches });
  let step = 0;
  return {
    summary: plan.summary,
    async step(x, labels) {
      state.write({ ...NO_DATA_SET, step: step++, seeds: settings.seeds, learningRates: settings.learningRates });
      plan.upload(images, x);
      plan.upload(goal, labels);
      workspace.submit((encoder) => encode(encoder, plan.commands));
      const [[read] = []] = await plan.read([rows]);
      return (read?.data ?? new Float32Array()).filter((_, index) => index % 2 === 0);
    },
    async weights() {
      const entries = [...network.parameters];
      const data = await parameters.read(entries.map(([, parameter]) => ({ parameter, slot: 'value', replica: 0 })));
      return new Map(entries.map(([name, { shape }], index) => [name, { shape, data: data[index] as Float32Array }]));
    },
    destroy() {
      workspace.destroy();
    },
  };
}
