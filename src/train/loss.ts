import { OptionError, ShapeError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { formatShape, type Shape } from '../core/value.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { LossName, Reduction } from '../kernels/loss.ts';
import { beforeActivation } from '../ops/activation.ts';
import { binaryCrossEntropy, meanSquaredError, softmaxCrossEntropy } from '../ops/loss.ts';
import { refuseUnknown } from './checks.ts';

export type { LossName, Reduction } from '../kernels/loss.ts';

/** A loss by its name, or with how the losses of a batch's samples become one: their mean or their sum ['mean']. */
export type Loss = LossName | { readonly type: LossName; readonly reduction?: Reduction };

/** Every choice made. */
export interface LossSettings {
  readonly loss: LossName;
  readonly reduction: Reduction;
  /** Of softmaxCrossEntropy. */
  readonly labelSmoothing: number;
}

const NAMES: readonly LossName[] = ['softmaxCrossEntropy', 'meanSquaredError', 'binaryCrossEntropy'];

/** Checks a loss. Throws an OptionError that says what is wrong. */
export function checkedLoss(loss: Loss): Pick<LossSettings, 'loss' | 'reduction'> {
  const isName = typeof loss === 'string';
  const { type, reduction = 'mean', ...rest } = isName ? { type: loss } : (loss ?? {});
  if (!NAMES.includes(type))
    throw new OptionError(
      `trainer: loss must be ${NAMES.map((name) => `'${name}'`).join(', ')} or { type, reduction } of one, got ${shown(loss)}`,
    );
  if (reduction !== 'mean' && reduction !== 'sum')
    throw new OptionError(`trainer: the loss's reduction must be 'mean' or 'sum', got ${shown(reduction)}`);
  refuseUnknown('trainer: loss', rest, 'type, reduction');
  return { loss: type, reduction };
}

/** Whether a loss compares with labels, and so knows right answers; else with targets. */
export function hasLabels(loss: LossName): boolean {
  return loss !== 'meanSquaredError';
}

/** The activation that a loss contains, so that a model to be trained must not end with it. */
const CONTAINED = { softmaxCrossEntropy: 'softmax', binaryCrossEntropy: 'sigmoid', meanSquaredError: undefined } as const;

/** Where a model ends with the activation that the loss contains: which that is, and what goes into it. */
export function containedIn(loss: LossName, output: Tensor): { activation: string; logits: Tensor } | undefined {
  const activation = CONTAINED[loss];
  const logits = activation && beforeActivation(output, activation);
  return logits && { activation, logits };
}

/** The shape of what a batch's output is compared with. Throws a ShapeError where the output does not suit the loss. */
export function goalShape(where: string, loss: LossName, output: Tensor): Shape {
  const sample = output.shape.slice(1);
  if (loss === 'softmaxCrossEntropy' && sample.length !== 1)
    throw new ShapeError(
      `${where}softmaxCrossEntropy needs a model whose output is a vector of logits, but it is ${formatShape(sample)}; end with flatten() and dense(), or globalAvgPool2d()`,
    );
  if (loss === 'binaryCrossEntropy' && (sample.length !== 1 || sample[0] !== 1))
    throw new ShapeError(
      `${where}binaryCrossEntropy needs a model whose output is one logit, but it is ${formatShape(sample)}; end with dense(1)`,
    );
  return hasLabels(loss) ? [output.shape[0] ?? 1] : output.shape;
}

/** The loss of a batch's output, and each sample's behind it (`lossRows`). */
export function lossOf({ loss, reduction, labelSmoothing }: LossSettings, output: Tensor, goal: Tensor): Tensor {
  switch (loss) {
    case 'softmaxCrossEntropy':
      return softmaxCrossEntropy({ logits: output, labels: goal }, { labelSmoothing, reduction });
    case 'meanSquaredError':
      return meanSquaredError({ prediction: output, target: goal }, { reduction });
    case 'binaryCrossEntropy':
      return binaryCrossEntropy({ logits: output, labels: goal }, { reduction });
  }
}

/** What is reported: the mean over the samples, or the sums' mean over `sums` of them (steps, or one data set). */
export function reportedLoss(reduction: Reduction, lossSum: number, samples: number, sums: number): number {
  return lossSum / (reduction === 'sum' ? sums : samples);
}
