import type { Capabilities } from '../../src/gpu/gpu.ts';
import type { Kernel } from '../../src/gpu/kernel.ts';
import { input, typedInput, unit } from '../../src/graph/sources.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { confusionKernel, finishKernel, gatherKernel } from '../../src/kernels/batch.ts';
import { clipKernel, gradientSquaresKernel } from '../../src/kernels/clip.ts';
import { roundingGradientKernel, roundingKernel, roundingTable } from '../../src/kernels/fake-quantize.ts';
import { halvingKernel, overflowKernel } from '../../src/kernels/mixed.ts';
import { optimizerKernel } from '../../src/kernels/optimizer.ts';
import { CHUNK } from '../../src/kernels/segment-table.ts';
import { gradientsOf } from '../../src/ops/gradients/index.ts';
import { lossRows, rowLoss } from '../../src/ops/loss.ts';
import { type LoweredDispatch, lower, type Precision } from '../../src/plan/lower.ts';
import { checkedLoss, goalShape } from '../../src/train/loss.ts';
import { lossDefinition } from '../../src/train/losses/registry.ts';
import { ruleOf } from '../../src/train/optimizers/registry.ts';
import { someLosses } from './losses.ts';
import { someOptimizers } from './optimizers.ts';
import './loaded-kernels.ts';

const BATCH = 6;
const WIDTH = 4;

/** Every loss that a trainer knows, alone and with its gradient, where it has classes also with their weights. */
export function lossDispatches(capabilities: Capabilities, precision: Precision): LoweredDispatch[] {
  const options = { capabilities, replicas: 1, choice: {}, precision };
  return someLosses.flatMap((loss) => {
    const { loss: kind, lossOptions } = checkedLoss(loss);
    const compared = lossDefinition(kind).goal;
    const single = compared === 'two classes';
    const x = input('x', [BATCH, single ? 1 : WIDTH]);
    const goal = typedInput('goal', goalShape('', kind, x), 'f32');
    const weights = compared === 'targets' ? [] : [typedInput('weights', [single ? 2 : WIDTH], 'f32')];
    return [undefined, ...weights].flatMap((ofClasses) =>
      (['mean', 'sum'] as const).flatMap((reduction) => {
        const y = rowLoss({ x, goal, weights: ofClasses }, { kind, goal: compared, options: lossOptions, reduction });
        const [gradient] = gradientsOf(y, unit([]), [x]);
        const graphs = [[y], [lossRows(y), gradient as Tensor]];
        return graphs.flatMap((outputs) => lower(outputs, [], options).dispatches);
      }),
    );
  });
}

/** Every optimizer in both precisions, with and without clipping and averages, and what else a training has that is no operation. */
export function trainingKernels(capabilities: Capabilities): Kernel[] {
  const either = [false, true];
  const view = { rows: 50, channels: 10, rowStride: 10, offset: 0, replicaStride: 500 };
  const weights = { channels: 5, inner: 2, levels: 7, weights: 0, weightsReplica: 360, scales: 1088, scalesReplica: 8 };
  const rounded = { ...weights, gradient: 0, splits: 3, scalesGradient: 3264 };
  const tables = [36, 2000].map((outer) => roundingTable([{ ...rounded, outer }], capabilities));
  const gather = { replicas: 3, batch: 50, sampleLength: 784, targetLength: 1, bytes: true, scale: 1, offset: 0 };
  return [
    ...either.flatMap((mixed) => [
      ...someOptimizers.flatMap((optimizer) =>
        either.flatMap((clipped) =>
          [undefined, 0.9].map((averageDecay) => {
            const problem = {
              rule: ruleOf(optimizer),
              schedule: { type: 'constant' },
              chunks: 9,
              mixed,
              clipped,
              averageDecay,
            } as const;
            return optimizerKernel(problem, capabilities);
          }),
        ),
      ),
      clipKernel(1, 9, 3, capabilities, mixed),
      finishKernel(3, 50, capabilities, mixed),
    ]),
    ...tables.flatMap((table) => [roundingKernel, roundingGradientKernel].map((make) => make(table, 3, capabilities))),
    gradientSquaresKernel(9, 9, capabilities),
    overflowKernel(9, CHUNK, capabilities),
    halvingKernel(4096, capabilities),
    confusionKernel(3, view, capabilities),
    gatherKernel({ ...gather, shuffle: true, first: 0, count: 100 }, capabilities),
  ];
}
