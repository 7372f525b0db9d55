import { OptionError, ShapeError } from '../core/errors.ts';
import { formatShape, sameShape } from '../core/value.ts';
import { type Operation, STATE } from '../graph/operation.ts';
import { isUnit } from '../graph/sources.ts';
import { apply, first, output, required, type Tensor } from '../graph/tensor.ts';
import { lossFamily, meanLossFamily } from '../kernels/loss.ts';
import { contiguousOperand } from './contiguous.ts';
import { product, scaled } from './elementwise.ts';
import { reshape } from './reshape.ts';

interface LossAttributes {
  readonly kind: 'softmaxCrossEntropy' | 'meanSquaredError';
  readonly smoothing: number;
}

/** The mean over the batch of -log softmax(logits [N,K]) at labels [N] (class indices as floats): shape []. */
export function softmaxCrossEntropy(
  { logits, labels }: { logits: Tensor; labels: Tensor },
  { labelSmoothing = 0 }: { labelSmoothing?: number } = {},
): Tensor {
  if (typeof labelSmoothing !== 'number' || !(labelSmoothing >= 0 && labelSmoothing < 1))
    throw new OptionError(`softmaxCrossEntropy: labelSmoothing must be at least 0 and below 1, got ${String(labelSmoothing)}`);
  return first(apply(lossOperation, { x: logits, goal: labels }, { kind: 'softmaxCrossEntropy', smoothing: labelSmoothing }));
}

/** The mean over all elements of (prediction - target)^2: shape []. */
export function meanSquaredError({ prediction, target }: { prediction: Tensor; target: Tensor }): Tensor {
  return first(apply(lossOperation, { x: asRows(prediction), goal: asRows(target) }, { kind: 'meanSquaredError', smoothing: 0 }));
}

/** A scalar or vector as rows of one element. */
function asRows(x: Tensor): Tensor {
  return x.shape.length > 1 ? x : reshape(x, [x.shape[0] ?? 1, 1]);
}

/** The loss of each sample and whether it was classified rightly, [N,2], behind a loss that one of the functions above made. */
export function lossRows(loss: Tensor): Tensor {
  if (loss.node.operation.name !== lossOperation.name)
    throw new ShapeError('The loss of a trainer must be softmaxCrossEntropy or meanSquaredError');
  return output(loss.node, 1);
}

/** Outputs: the mean loss, the rows, and the gradient of the mean with respect to x, made in the same pass. */
const lossOperation: Operation<LossAttributes> = {
  name: 'loss',
  standsAlone: true,
  infer({ x, goal }, { kind }) {
    if (!x || !goal) throw new ShapeError(`${kind}: needs two inputs`);
    if (kind === 'softmaxCrossEntropy') {
      if (x.shape.length !== 2) throw new ShapeError(`softmaxCrossEntropy: 'logits' must be [N, K], got ${formatShape(x.shape)}`);
      if (!sameShape(goal.shape, [x.shape[0] ?? 0]))
        throw new ShapeError(
          `softmaxCrossEntropy: 'labels' must be ${formatShape([x.shape[0] ?? 0])}, got ${formatShape(goal.shape)}`,
        );
    } else if (!sameShape(x.shape, goal.shape)) {
      throw new ShapeError(
        `meanSquaredError: 'prediction' has shape ${formatShape(x.shape)} and 'target' ${formatShape(goal.shape)}; they must be the same`,
      );
    }
    return [{ shape: [], type: 'f32' }, { shape: [x.shape[0] ?? 1, 2], type: 'f32' }, { shape: x.shape }];
  },
  gradient(node, [dLoss, ...others], wanted) {
    if (others.some(Boolean)) throw new ShapeError(`${node.attributes.kind}: gradients cannot be differentiated again`);
    if (!dLoss) return {};
    const whole = output(node, 2);
    const gradient = isUnit(dLoss) ? whole : product(whole, dLoss);
    const target = node.attributes.kind === 'meanSquaredError' && wanted('goal') ? scaled(gradient, -1) : undefined;
    return { x: wanted('x') ? gradient : undefined, goal: target };
  },
  lower(node, lowering) {
    const x = required(node, 'x');
    const goal = contiguousOperand(lowering, required(node, 'goal'));
    const [loss, rows, gradient] = [output(node, 0), output(node, 1), output(node, 2)];
    const problem = {
      replicas: lowering.replicas,
      kind: node.attributes.kind,
      batch: x.shape[0] ?? 1,
      x: lowering.view(x),
      goal: goal.view,
      smoothing: node.attributes.smoothing,
      gradient: lowering.isLive(gradient),
      scaled: lowering.scalesLoss,
    };
    lowering.dispatch(lossFamily, problem, [x, goal.operand, STATE, rows, problem.gradient ? gradient : undefined]);
    if (lowering.isLive(loss))
      lowering.dispatch(meanLossFamily, { replicas: lowering.replicas, batch: problem.batch }, [rows, STATE, loss]);
  },
};
