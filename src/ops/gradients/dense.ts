import type { Shape } from '../../core/value.ts';
import type { GradientRule } from '../../graph/differentiate.ts';
import { type Operand, type Operation, STATE } from '../../graph/operation.ts';
import { apply, first, output, required } from '../../graph/tensor.ts';
import { type Factor, weightGradientSplits } from '../../kernels/matmul/problem.ts';
import { matmulFamily } from '../../kernels/matmul.ts';
import { factorOperand } from '../contiguous.ts';
import { factorOf, plainProduct } from '../dense.ts';
import { absorbEpilogue, NO_EPILOGUE, type WithEpilogue } from '../epilogue.ts';
import { throughEpilogue } from './epilogue.ts';

export const denseGradient: GradientRule<WithEpilogue> = (node, [dy], wanted) => {
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
      ...plainProduct(lowering),
      m: dx.shape[0] ?? 0,
      n: dx.shape[1] ?? 0,
      k,
      a: factorOf(lowering.view(dy)),
      b: transposed(factorOf(weights.view)),
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
      ...plainProduct(lowering),
      m: x.shape[1] ?? 0,
      n: dy.shape[1] ?? 0,
      k: batch,
      a: transposed(factorOf(lowering.view(x))),
      b: factorOf(lowering.view(dy)),
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

function transposed({ rowStride, columnStride, ...rest }: Factor): Factor {
  return { ...rest, rowStride: columnStride, columnStride: rowStride };
}
