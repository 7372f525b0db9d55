import { elements } from '../../src/core/value.ts';
import type { Capabilities } from '../../src/gpu/gpu.ts';
import { parameterAttributes } from '../../src/graph/sources.ts';
import { confusionKernel, finishKernel, gatherKernel } from '../../src/kernels/batch.ts';
import { optimizerKernel } from '../../src/kernels/optimizer.ts';
import { segmentTable } from '../../src/kernels/segment-table.ts';
import { Network } from '../../src/model/network.ts';
import { adam } from '../../src/node.ts';
import { lower } from '../../src/plan/lower.ts';
import { ruleOf } from '../../src/train/optimizers/registry.ts';
import { trainerSettings } from '../../src/train/options.ts';
import { trainingGraph } from '../../src/train/training-graph.ts';
import { confusionCase, finishCase, gatherCase } from '../cases/batch.ts';
import { optimizerCase, segmentsOf } from '../cases/optimizer.ts';
import { WORKLOADS, type WorkloadName } from '../workloads.ts';
import { alone, type Found, foundOf } from './found.ts';
import '../loaded-kernels.ts';

const CLASSES = 10;
/** As many samples as MNIST's training set has. */
const SAMPLES = 60_000;

/** The kernels of one training step of a network, by planning it; the end of its evaluation too. */
export function trainingKernels(name: WorkloadName, capabilities: Capabilities): Found[] {
  const { model, inputShape, batch } = WORKLOADS[name];
  const settings = trainerSettings({ batch, optimizer: adam() });
  const graph = trainingGraph(new Network(model, settings.seeds), settings);
  const lowered = lower([graph.rows], graph.gradients, { capabilities, replicas: 1, choice: {} });
  const decisions = lowered.dispatches.map(({ decision, fused, kernel }) => {
    const choice = decision ?? fused;
    if (!choice)
      throw new Error(`The kernel ${kernel.name} was planned without a family: bench/kernels/training.ts must name it`);
    return foundOf(choice, name);
  });

  const trained = lowered.gradients.map(({ parameter, splits }) => ({
    length: elements(parameterAttributes(parameter).shape),
    splits,
  }));
  const { chunks } = segmentTable(segmentsOf(trained).segments, settings.schedule);
  const sampleLength = elements(inputShape);
  const gather = {
    replicas: 1,
    batch,
    sampleLength,
    targetLength: 1,
    bytes: true,
    scale: 1 / 255,
    offset: 0,
    shuffle: true,
    first: 0,
    count: SAMPLES,
  };
  const logits = { rows: batch, channels: CLASSES, rowStride: CLASSES, offset: 0, replicaStride: batch * CLASSES };
  return [
    alone(name, gatherCase(gather), gatherKernel(gather, capabilities)),
    ...decisions,
    alone(
      name,
      optimizerCase(settings.optimizer, trained),
      optimizerKernel({ rule: ruleOf(settings.optimizer), schedule: settings.schedule, chunks }, capabilities),
    ),
    alone(name, finishCase(batch), finishKernel(1, batch, capabilities)),
    alone(name, confusionCase(batch, CLASSES), confusionKernel(1, logits, capabilities)),
  ];
}
