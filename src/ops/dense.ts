import { type Activation, checkActivation } from '../core/activation.ts';
import { ShapeError } from '../core/errors.ts';
import { formatShape, sameShape } from '../core/value.ts';
import { type Lowering, STATE } from '../graph/operation.ts';
import { apply, first, required, type Tensor } from '../graph/tensor.ts';
import { matmulFamily } from '../kernels/forward.ts';
import type { Factor } from '../kernels/matmul/problem.ts';
import type { View } from '../kernels/view.ts';
import { activated } from './activation.ts';
import { contiguousOperand, factorOperand } from './contiguous.ts';
import type { DifferentiableOperation } from './differentiable.ts';
import { absorbEpilogue, type WithEpilogue } from './epilogue.ts';

export function dense(
  inputs: { x: Tensor; weights: Tensor; bias?: Tensor },
  attributes: { activation?: Activation } = {},
): Tensor {
  const activation = checkActivation('dense', attributes.activation);
  return activated('dense', activation, (epilogue) => first(apply(denseOperation, inputs, { epilogue })));
}

export const denseOperation: DifferentiableOperation<WithEpilogue> = {
  name: 'dense',
  infer({ x, weights, bias }) {
    if (x?.shape.length !== 2)
      throw new ShapeError(`dense: 'x' must be [N, IN], got ${formatShape(x?.shape ?? [])}; flatten images first`);
    const [batch = 0, inputs = 0] = x.shape;
    const outputs = weights?.shape[1] ?? 0;
    if (weights?.shape.length !== 2 || weights.shape[0] !== inputs)
      throw new ShapeError(
        `dense: 'weights' must be [${inputs}, OUT] for 'x' ${formatShape(x.shape)}, got ${formatShape(weights?.shape ?? [])}`,
      );
    if (bias && !sameShape(bias.shape, [outputs]))
      throw new ShapeError(`dense: 'bias' must be ${formatShape([outputs])}, got ${formatShape(bias.shape)}`);
    return [{ shape: [batch, outputs] }];
  },
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const { x, bias, saved } = node.inputs;
    const weights = factorOperand(lowering, required(node, 'weights'));
    const biasOperand = bias && contiguousOperand(lowering, bias);
    const y = first(node);
    const k = required(node, 'x').shape[1] ?? 0;
    const problem = {
      ...plainProduct(lowering),
      m: y.shape[0] ?? 0,
      n: y.shape[1] ?? 0,
      k,
      a: factorOf(lowering.view(required(node, 'x'))),
      b: factorOf(weights.view),
      y: lowering.view(y),
      saved: lowering.viewIf(saved),
      bias: bias !== undefined,
      biasReplica: biasOperand?.view.replicaStride ?? 0,
      perSplit: k,
      epilogue: node.attributes.epilogue,
    };
    lowering.dispatch(matmulFamily, problem, [x, weights.operand, biasOperand?.operand, saved, STATE, y, undefined]);
  },
};

/** What the products of both directions have in common. */
export function plainProduct(lowering: Lowering) {
  return { replicas: lowering.replicas, bias: false, biasReplica: 0, ones: false, onesLength: 0, splits: 1 };
}

/** A view as a factor. */
export function factorOf({ rowStride, offset, replicaStride, type }: View): Factor {
  return { offset, rowStride, columnStride: 1, replicaStride, type };
}
