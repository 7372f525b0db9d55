import { type Activation, checkActivation } from '../core/activation.ts';
import { ShapeError } from '../core/errors.ts';
import { formatShape, type Shape, sameShape } from '../core/value.ts';
import { type Lowering, type Operand, type Operation, STATE } from '../graph/operation.ts';
import { apply, first, output, required, type Tensor } from '../graph/tensor.ts';
import { type Factor, weightGradientSplits } from '../kernels/matmul/problem.ts';
import { matmulFamily } from '../kernels/matmul.ts';
import type { View } from '../kernels/view.ts';
import { activated } from './activation.ts';
import { contiguousOperand, factorOperand } from './contiguous.ts';
import { throughEpilogue } from './elementwise.ts';
import { absorbEpilogue, NO_EPILOGUE, type WithEpilogue } from './epilogue.ts';

export function dense(
  inputs: { x: Tensor; weights: Tensor; bias?: Tensor },
  attributes: { activation?: Activation } = {},
): Tensor {
  const activation = checkActivation('dense', attributes.activation);
  return activated('dense', activation, (epilogue) => first(apply(denseOperation, inputs, { epilogue })));
}

const denseOperation: Operation<WithEpilogue> = {
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
  gradient(node, [dy], wanted) {
    if (!dy) return {};
    const x = required(node, 'x');
    const weights = required(node, 'weights');
    const dz = throughEpilogue(node.attributes.epilogue, dy, first(node));
    const parameters =
      wanted('weights') || wanted('bias') ? apply(weightGradientOperation, { x, dy: dz }, { bias: wanted('bias') }) : undefined;
    return {
      x: wanted('x')
        ? first(apply(inputGradientOperation, { dy: dz, weights }, { xShape: x.shape, epilogue: NO_EPILOGUE }))
        : undefined,
      weights: parameters?.outputs[0],
      bias: parameters?.outputs[1],
    };
  },
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const { x, bias, saved } = node.inputs;
    const weights = factorOperand(lowering, required(node, 'weights'));
    const biasOperand = bias && contiguousOperand(lowering, bias);
    const y = first(node);
    const k = required(node, 'x').shape[1] ?? 0;
    const problem = {
      ...shared(lowering),
      m: y.shape[0] ?? 0,
      n: y.shape[1] ?? 0,
      k,
      a: rowsOf(lowering.view(required(node, 'x'))),
      b: rowsOf(weights.view),
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

const inputGradientOperation: Operation<WithEpilogue & { readonly xShape: Shape }> = {
  name: 'denseInputGradient',
  infer: (_, { xShape }) => [{ shape: xShape }],
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const dy = required(node, 'dy');
    const weights = factorOperand(lowering, required(node, 'weights'));
    const dx = first(node);
    const k = dy.shape[1] ?? 0;
    const problem = {
      ...shared(lowering),
      m: dx.shape[0] ?? 0,
      n: dx.shape[1] ?? 0,
      k,
      a: rowsOf(lowering.view(dy)),
      b: transposed(rowsOf(weights.view)),
      y: lowering.view(dx),
      saved: lowering.viewIf(node.inputs.saved),
      perSplit: k,
      epilogue: node.attributes.epilogue,
    };
    lowering.dispatch(matmulFamily, problem, [dy, weights.operand, undefined, node.inputs.saved, STATE, dx, undefined]);
  },
};

const weightGradientOperation: Operation<{ readonly bias: boolean }> = {
  name: 'denseWeightGradient',
  infer({ x, dy }, { bias }) {
    const outputs = dy?.shape[1] ?? 0;
    return [
      { shape: [x?.shape[1] ?? 0, outputs], parameterGradient: true },
      ...(bias ? [{ shape: [outputs], parameterGradient: true }] : []),
    ];
  },
  lower(node, lowering) {
    const x = required(node, 'x');
    const dy = required(node, 'dy');
    const weights = output(node, 0);
    const bias = node.outputs[1];
    const batch = x.shape[0] ?? 0;
    const { splits, perSplit } = weightGradientSplits(batch);
    const problem = {
      ...shared(lowering),
      m: x.shape[1] ?? 0,
      n: dy.shape[1] ?? 0,
      k: batch,
      a: transposed(rowsOf(lowering.view(x))),
      b: rowsOf(lowering.view(dy)),
      y: lowering.view(weights),
      ones: bias !== undefined,
      onesLength: bias ? lowering.view(bias).replicaStride : 0,
      splits,
      perSplit,
      epilogue: NO_EPILOGUE,
    };
    const operands: Operand[] = [
      x,
      dy,
      undefined,
      undefined,
      STATE,
      lowering.partialSums(weights, splits),
      bias && lowering.partialSums(bias, splits),
    ];
    lowering.dispatch(matmulFamily, problem, operands);
  },
};

function shared(lowering: Lowering) {
  return { replicas: lowering.replicas, bias: false, biasReplica: 0, ones: false, onesLength: 0, splits: 1 };
}

function rowsOf({ rowStride, offset, replicaStride, type }: View): Factor {
  return { offset, rowStride, columnStride: 1, replicaStride, type };
}

function transposed({ rowStride, columnStride, ...place }: Factor): Factor {
  return { ...place, rowStride: columnStride, columnStride: rowStride };
}
