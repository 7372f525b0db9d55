import type { LossName } from '../../src/kernels/loss.ts';
import type { Loss } from '../../src/node.ts';

/** Each loss with the options that make a difference; the first are those that the benchmarks measure. */
export const losses: Readonly<Record<LossName, readonly [Loss, ...Loss[]]>> = {
  softmaxCrossEntropy: ['softmaxCrossEntropy', { type: 'softmaxCrossEntropy', labelSmoothing: 0.1 }],
  meanSquaredError: ['meanSquaredError'],
  binaryCrossEntropy: ['binaryCrossEntropy'],
  meanAbsoluteError: ['meanAbsoluteError'],
  huber: ['huber', { type: 'huber', delta: 0.25 }],
  distillation: [
    { type: 'distillation', temperature: 4, weight: 0.9 },
    { type: 'distillation', temperature: 0.5, weight: 0.3 },
    { type: 'distillation', temperature: 2, weight: 1 },
    { type: 'distillation', temperature: 2, weight: 0 },
  ],
  margin: ['margin', { type: 'margin', present: 1, absent: 0, weight: 2 }],
};

export const someLosses: readonly Loss[] = Object.values(losses).flat();
