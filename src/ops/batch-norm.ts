import { OptionError, ShapeError } from '../core/errors.ts';
import { checkFloat32 } from '../core/float32.ts';
import { shown } from '../core/shown.ts';
import { elements, formatShape, sameShape } from '../core/value.ts';
import { type Lowering, type Operand, STATE } from '../graph/operation.ts';
import { apply, channelsOf, first, type Node, required, type Tensor } from '../graph/tensor.ts';
import { type BatchNormProblem, batchNormSplits, joinsStatistics } from '../kernels/batch-norm/problem.ts';
import {
  batchNormChannelsFamily,
  batchNormFamily,
  batchNormMomentsFamily,
  batchNormStatisticsFamily,
} from '../kernels/forward.ts';
import { contiguousOperand } from './contiguous.ts';
import type { DifferentiableOperation } from './differentiable.ts';
import { absorbEpilogue, NO_EPILOGUE, type WithEpilogue } from './epilogue.ts';

export interface BatchNormInputs {
  readonly x: Tensor;
  readonly scale: Tensor;
  readonly offset: Tensor;
  /** Given statistics (inference) instead of the batch's. */
  readonly mean?: Tensor;
  readonly variance?: Tensor;
}

export interface BatchNormAttributes {
  readonly epsilon: number;
  /** Keep running statistics, which are inputs then, with this momentum. */
  readonly momentum?: number;
}

export function batchNorm(inputs: BatchNormInputs, attributes: { epsilon?: number } = {}): Tensor {
  if ((inputs.mean === undefined) !== (inputs.variance === undefined))
    throw new OptionError('batchNorm: give both mean and variance, or neither');
  const { epsilon = 1e-3 } = attributes;
  return build({ ...inputs }, { epsilon });
}

/** As batchNorm with the batch's statistics; moves the running ones (parameters): running = momentum running + (1 - momentum) batch. */
export function batchNormTraining(
  inputs: { x: Tensor; scale: Tensor; offset: Tensor; runningMean: Tensor; runningVariance: Tensor },
  attributes: Required<BatchNormAttributes>,
): Tensor {
  return build({ ...inputs }, attributes);
}

function build(inputs: Record<string, Tensor | undefined>, attributes: BatchNormAttributes): Tensor {
  if (typeof attributes.epsilon !== 'number' || !(attributes.epsilon > 0))
    throw new OptionError(`batchNorm: epsilon must be positive, got ${shown(attributes.epsilon)}`);
  checkFloat32('batchNorm: epsilon', attributes.epsilon);
  return first(apply(batchNormOperation, inputs, { ...attributes, epilogue: NO_EPILOGUE }));
}

/** Outputs: y and, in training, the batch's moments as shaders/lib/batch-moments.wgsl has them. */
export const batchNormOperation: DifferentiableOperation<BatchNormAttributes & WithEpilogue> = {
  name: 'batchNorm',
  infer(inputs) {
    const { x } = inputs;
    if (!x || x.shape.length < 2) throw new ShapeError(`batchNorm: 'x' must be [N, ..., C], got ${formatShape(x?.shape ?? [])}`);
    const channels = channelsOf(x.shape);
    for (const [name, tensor] of Object.entries(inputs))
      if (name !== 'x' && name !== 'saved' && !sameShape(tensor.shape, [channels]))
        throw new ShapeError(
          `batchNorm: '${name}' must be ${formatShape([channels])} for 'x' ${formatShape(x.shape)}, got ${formatShape(tensor.shape)}`,
        );
    // Of parts of the rows, or joined: see kernels/batch-norm.ts.
    const { splits } = batchNormSplits(elements(x.shape) / Math.max(1, channels));
    return [{ shape: x.shape }, ...(inputs.mean ? [] : [{ shape: [splits, channels, 2], type: 'f32' as const }])];
  },
  absorb(node, request) {
    return request.epilogue.gradient ? undefined : absorbEpilogue(node, request);
  },
  lower(node, lowering) {
    const { x, runningMean, runningVariance } = node.inputs;
    const y = first(node);
    const { problem: shared, scale, offset, mean, variance } = batchNormOperands(node, lowering);
    const problem = { ...shared, y: lowering.view(y), momentum: node.attributes.momentum };
    const moments = node.outputs[1];
    if (moments) {
      const all: Operand[] = [x, scale, offset, STATE, y, moments, runningMean, runningVariance];
      if (lowering.dispatchFused(batchNormChannelsFamily, problem, () => all)) return;
      const { splits } = batchNormSplits(problem.x.rows);
      const partial = problem.joined ? moments : lowering.scratch(lowering.replicas * splits * problem.x.channels * 2);
      lowering.dispatch(batchNormStatisticsFamily, problem, [
        x,
        undefined,
        undefined,
        undefined,
        STATE,
        partial,
        undefined,
        undefined,
      ]);
      if (problem.joined) {
        lowering.dispatch(batchNormFamily, problem, [x, scale, offset, moments, runningMean, STATE, y, runningVariance]);
        return;
      }
      lowering.dispatch(batchNormMomentsFamily, problem, [partial, STATE, moments, runningMean, runningVariance]);
    }
    lowering.dispatch(batchNormFamily, problem, [x, scale, offset, mean ?? moments, variance, STATE, y]);
  },
};

/** What both directions share. The kernels take the vectors by channel alone, so one that is a part of a tensor is copied out. */
export function batchNormOperands(node: Node<BatchNormAttributes & WithEpilogue>, lowering: Lowering) {
  const x = required(node, 'x');
  const whole = (name: string) => {
    const tensor = node.inputs[name];
    return tensor && contiguousOperand(lowering, tensor);
  };
  const [scale, offset, mean, variance] = ['scale', 'offset', 'mean', 'variance'].map(whole);
  const running = node.inputs.runningMean ? lowering.view(node.inputs.runningMean) : mean?.view;
  const view = lowering.view(x);
  const problem: BatchNormProblem = {
    replicas: lowering.replicas,
    batch: x.shape[0] ?? 1,
    x: view,
    epsilon: node.attributes.epsilon,
    epilogue: node.attributes.epilogue,
    inference: variance !== undefined,
    joined: variance === undefined && joinsStatistics(view.rows, lowering.capabilities),
    parameterReplica: scale?.view.replicaStride ?? 0,
    gradientReplica: 0,
    runningReplica: running?.replicaStride ?? 0,
  };
  return { problem, scale: scale?.operand, offset: offset?.operand, mean: mean?.operand, variance: variance?.operand };
}
