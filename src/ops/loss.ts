import { OptionError, ShapeError } from '../core/errors.ts';
import { checkFloat32 } from '../core/float32.ts';
import { shown } from '../core/shown.ts';
import { formatShape, sameShape } from '../core/value.ts';
import { type Lowering, STATE } from '../graph/operation.ts';
import { apply, channelsOf, first, output, required, type Tensor } from '../graph/tensor.ts';
import { mapFamily } from '../kernels/forward.ts';
import { type LossName, type LossOptions, lossFamily, meanLossFamily, type Reduction } from '../kernels/loss.ts';
import { contiguousOperand } from './contiguous.ts';
import type { DifferentiableOperation } from './differentiable.ts';
import { reshape } from './reshape.ts';

/** How the losses of a batch's samples become one, or 'none': the loss of each, [N]. */
export type LossReduction = Reduction | 'none';

export interface LossAttributes {
  readonly kind: LossName;
  readonly reduction: LossReduction;
  readonly options: LossOptions;
  readonly goal: GoalKind;
}

/** What a loss compares x [N,K] with: class indices [N], labels 0 or 1 [N] for one logit, class index and a teacher's logits [N,1+K], or values of x's shape. */
export type GoalKind = 'classes' | 'two classes' | 'classes and logits' | 'targets';

export function softmaxCrossEntropy(
  inputs: { logits: Tensor; labels: Tensor },
  attributes: { labelSmoothing?: number; reduction?: LossReduction } = {},
): Tensor {
  const { labelSmoothing = 0, reduction } = attributes;
  if (typeof labelSmoothing !== 'number' || !(labelSmoothing >= 0 && labelSmoothing < 1))
    throw new OptionError(`softmaxCrossEntropy: labelSmoothing must be at least 0 and below 1, got ${shown(labelSmoothing)}`);
  checkFloat32('softmaxCrossEntropy: labelSmoothing', labelSmoothing);
  return rowLoss(
    { x: inputs.logits, goal: inputs.labels },
    { kind: 'softmaxCrossEntropy', goal: 'classes', options: { labelSmoothing }, reduction },
  );
}

export function meanSquaredError(
  inputs: { prediction: Tensor; target: Tensor },
  attributes: { reduction?: LossReduction } = {},
): Tensor {
  const { prediction: x, target: goal } = inputs;
  return rowLoss({ x, goal }, { kind: 'meanSquaredError', goal: 'targets', ...attributes });
}

export function binaryCrossEntropy(
  inputs: { logits: Tensor; labels: Tensor },
  attributes: { reduction?: LossReduction } = {},
): Tensor {
  const { logits: x, labels: goal } = inputs;
  return rowLoss({ x, goal }, { kind: 'binaryCrossEntropy', goal: 'two classes', ...attributes });
}

/** A loss of each row that a kernel of its own computes with its gradient, and their mean or sum, or all of them; `weights` [K]: of each class. */
export function rowLoss(
  { x, goal, weights }: { x: Tensor; goal: Tensor; weights?: Tensor },
  attributes: Pick<LossAttributes, 'kind' | 'goal'> & Partial<LossAttributes>,
): Tensor {
  const { kind, reduction = 'mean', options = {} } = attributes;
  const rows =
    attributes.goal === 'targets'
      ? { x: asRows(x), goal: asRows(goal) }
      : { x: attributes.goal === 'two classes' ? asRows(x) : x, goal };
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none')
    throw new OptionError(`${kind}: reduction must be 'mean', 'sum' or 'none', got ${shown(reduction)}`);
  return first(apply(lossOperation, { ...rows, weights }, { kind, goal: attributes.goal, reduction, options }));
}

/** A scalar or vector as rows of one element. */
function asRows(x: Tensor): Tensor {
  return x.shape.length > 1 ? x : reshape(x, [x.shape[0] ?? 1, 1]);
}

/** The loss of each sample and whether it was classified rightly, [N,2], behind a loss that one of the functions above made. */
export function lossRows(loss: Tensor): Tensor {
  if (loss.node.operation.name !== lossOperation.name)
    throw new ShapeError('The loss of a trainer must be one of its own, each sample of which has a loss');
  return output(loss.node, 1);
}

/**
 * Outputs: the loss, the rows, and the gradient of the loss with respect to x, made in the same pass; without a reduction that of the sum
 * of all losses.
 */
export const lossOperation: DifferentiableOperation<LossAttributes> = {
  name: 'loss',
  standsAlone: true,
  infer({ x, goal, weights }, { kind, goal: compared, reduction }) {
    if (!x || !goal) throw new ShapeError(`${kind}: needs two inputs`);
    const [batch = 1, classes = 1] = x.shape;
    if (compared === 'targets') {
      if (!sameShape(x.shape, goal.shape))
        throw new ShapeError(
          `${kind}: 'prediction' has shape ${formatShape(x.shape)} and 'target' ${formatShape(goal.shape)}; they must be the same`,
        );
    } else {
      const binary = compared === 'two classes';
      if (x.shape.length !== 2 || (binary && classes !== 1))
        throw new ShapeError(`${kind}: 'logits' must be ${binary ? '[N, 1] or [N]' : '[N, K]'}, got ${formatShape(x.shape)}`);
      const shape = compared === 'classes and logits' ? [batch, 1 + classes] : [batch];
      if (!sameShape(goal.shape, shape))
        throw new ShapeError(`${kind}: 'labels' must be ${formatShape(shape)}, got ${formatShape(goal.shape)}`);
      const weighed = [binary ? 2 : classes];
      if (weights && !sameShape(weights.shape, weighed))
        throw new ShapeError(
          `${kind}: the weights of classes must be ${formatShape(weighed)}, got ${formatShape(weights.shape)}`,
        );
    }
    const loss = reduction === 'none' ? [batch] : [];
    return [{ shape: loss, type: 'f32' }, { shape: [batch, 2], type: 'f32' }, { shape: x.shape }];
  },
  labels({ attributes: { goal }, inputs: { x } }) {
    if (goal === 'targets' || goal === 'classes and logits') return undefined;
    return { input: 'goal', classes: goal === 'two classes' ? 2 : channelsOf(x?.shape ?? []) };
  },
  lower(node, lowering) {
    const x = required(node, 'x');
    const goal = contiguousOperand(lowering, required(node, 'goal'));
    const [loss, rows, gradient] = [output(node, 0), output(node, 1), output(node, 2)];
    const { kind, reduction, options } = node.attributes;
    const { weights } = node.inputs;
    const problem = {
      replicas: lowering.replicas,
      kind,
      reduction: reduction === 'none' ? ('sum' as const) : reduction,
      batch: x.shape[0] ?? 1,
      x: lowering.view(x),
      goal: goal.view,
      options,
      weights: lowering.viewIf(weights),
      gradient: lowering.isLive(gradient),
      scaled: lowering.scalesLoss,
    };
    const written = problem.gradient ? gradient : undefined;
    lowering.dispatch(lossFamily, problem, [x, goal.operand, STATE, rows, written, ...(weights ? [weights] : [])]);
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
