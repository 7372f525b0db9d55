import { OptionError, ShapeError } from '../core/errors.ts';
import { checkFloat32 } from '../core/float32.ts';
import { shown } from '../core/shown.ts';
import { formatShape, sameShape } from '../core/value.ts';
import { type Lowering, STATE } from '../graph/operation.ts';
import { apply, channelsOf, first, output, required, type Tensor } from '../graph/tensor.ts';
import { mapFamily } from '../kernels/elementwise.ts';
import { type LossName, lossFamily, meanLossFamily, type Reduction } from '../kernels/loss.ts';
import { contiguousOperand } from './contiguous.ts';
import type { DifferentiableOperation } from './differentiable.ts';
import { reshape } from './reshape.ts';

/** How the losses of a batch's samples become one, or 'none': the loss of each, [N]. */
export type LossReduction = Reduction | 'none';

export interface LossAttributes {
  readonly kind: LossName;
  readonly reduction: LossReduction;
  readonly smoothing: number;
}

export function softmaxCrossEntropy(
  inputs: { logits: Tensor; labels: Tensor },
  attributes: { labelSmoothing?: number; reduction?: LossReduction } = {},
): Tensor {
  const { labelSmoothing = 0, reduction } = attributes;
  if (typeof labelSmoothing !== 'number' || !(labelSmoothing >= 0 && labelSmoothing < 1))
    throw new OptionError(`softmaxCrossEntropy: labelSmoothing must be at least 0 and below 1, got ${shown(labelSmoothing)}`);
  checkFloat32('softmaxCrossEntropy: labelSmoothing', labelSmoothing);
  return lossOf('softmaxCrossEntropy', inputs.logits, inputs.labels, reduction, labelSmoothing);
}

export function meanSquaredError(
  inputs: { prediction: Tensor; target: Tensor },
  attributes: { reduction?: LossReduction } = {},
): Tensor {
  return lossOf('meanSquaredError', asRows(inputs.prediction), asRows(inputs.target), attributes.reduction);
}

export function binaryCrossEntropy(
  inputs: { logits: Tensor; labels: Tensor },
  attributes: { reduction?: LossReduction } = {},
): Tensor {
  return lossOf('binaryCrossEntropy', asRows(inputs.logits), inputs.labels, attributes.reduction);
}

function lossOf(kind: LossName, x: Tensor, goal: Tensor, reduction: LossReduction = 'mean', smoothing = 0): Tensor {
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none')
    throw new OptionError(`${kind}: reduction must be 'mean', 'sum' or 'none', got ${shown(reduction)}`);
  return first(apply(lossOperation, { x, goal }, { kind, reduction, smoothing }));
}

/** A scalar or vector as rows of one element. */
function asRows(x: Tensor): Tensor {
  return x.shape.length > 1 ? x : reshape(x, [x.shape[0] ?? 1, 1]);
}

/** The loss of each sample and whether it was classified rightly, [N,2], behind a loss that one of the functions above made. */
export function lossRows(loss: Tensor): Tensor {
  if (loss.node.operation.name !== lossOperation.name)
    throw new ShapeError('The loss of a trainer must be softmaxCrossEntropy, meanSquaredError or binaryCrossEntropy');
  return output(loss.node, 1);
}

/**
 * Outputs: the loss, the rows, and the gradient of the loss with respect to x, made in the same pass; without a reduction that of the sum
 * of all losses.
 */
export const lossOperation: DifferentiableOperation<LossAttributes> = {
  name: 'loss',
  standsAlone: true,
  infer({ x, goal }, { kind, reduction }) {
    if (!x || !goal) throw new ShapeError(`${kind}: needs two inputs`);
    if (kind !== 'meanSquaredError') {
      const binary = kind === 'binaryCrossEntropy';
      if (x.shape.length !== 2 || (binary && x.shape[1] !== 1))
        throw new ShapeError(`${kind}: 'logits' must be ${binary ? '[N, 1] or [N]' : '[N, K]'}, got ${formatShape(x.shape)}`);
      if (!sameShape(goal.shape, [x.shape[0] ?? 0]))
        throw new ShapeError(`${kind}: 'labels' must be ${formatShape([x.shape[0] ?? 0])}, got ${formatShape(goal.shape)}`);
    } else if (!sameShape(x.shape, goal.shape)) {
      throw new ShapeError(
        `meanSquaredError: 'prediction' has shape ${formatShape(x.shape)} and 'target' ${formatShape(goal.shape)}; they must be the same`,
      );
    }
    const batch = x.shape[0] ?? 1;
    const loss = reduction === 'none' ? [batch] : [];
    return [{ shape: loss, type: 'f32' }, { shape: [batch, 2], type: 'f32' }, { shape: x.shape }];
  },
  labels({ attributes: { kind }, inputs: { x } }) {
    if (kind === 'meanSquaredError') return undefined;
    return { input: 'goal', classes: kind === 'binaryCrossEntropy' ? 2 : channelsOf(x?.shape ?? []) };
  },
  lower(node, lowering) {
    const x = required(node, 'x');
    const goal = contiguousOperand(lowering, required(node, 'goal'));
    const [loss, rows, gradient] = [output(node, 0), output(node, 1), output(node, 2)];
    const { kind, reduction, smoothing } = node.attributes;
    const problem = {
      replicas: lowering.replicas,
      kind,
      reduction: reduction === 'none' ? ('sum' as const) : reduction,
      batch: x.shape[0] ?? 1,
      x: lowering.view(x),
      goal: goal.view,
      smoothing,
      gradient: lowering.isLive(gradient),
      scaled: lowering.scalesLoss,
    };
    lowering.dispatch(lossFamily, problem, [x, goal.operand, STATE, rows, problem.gradient ? gradient : undefined]);
    if (!lowering.isLive(loss)) return;
    const { replicas, batch } = problem;
    if (reduction === 'none') lowerLosses(lowering, rows, loss, batch);
    else lowering.dispatch(meanLossFamily, { replicas, batch, reduction }, [rows, STATE, loss]);
  },
};

/** The losses of the rows, one behind the other. */
function lowerLosses(lowering: Lowering, rows: Tensor, losses: Tensor, batch: number): void {
  const column = { rows: batch, channels: 1, offset: 0 };
  const a = { ...column, rowStride: 2, replicaStride: lowering.view(rows).replicaStride };
  const y = { ...column, rowStride: 1, replicaStride: lowering.view(losses).replicaStride };
  const problem = { replicas: lowering.replicas, operation: 'copy', a, y } as const;
  lowering.dispatch(mapFamily, problem, [rows, undefined, undefined, STATE, losses]);
}
