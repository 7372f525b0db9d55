import type { Shape } from '../../core/value.ts';
import type { GradientRule } from '../../graph/differentiate.ts';
import { type Lowering, type Operand, type Operation, type OutputSpec, STATE } from '../../graph/operation.ts';
import { apply, first, required, type Tensor } from '../../graph/tensor.ts';
import { denseGradientsFamily } from '../../kernels/dense-gradients.ts';
import type { Epilogue } from '../../kernels/epilogue.ts';
import { matmulFamily } from '../../kernels/forward.ts';
import { type Factor, weightGradientSplits } from '../../kernels/matmul/problem.ts';
import type { View } from '../../kernels/view.ts';
import { factorOperand } from '../contiguous.ts';
import { factorOf, plainProduct } from '../dense.ts';
import { absorbEpilogue, NO_EPILOGUE, type WithEpilogue } from '../epilogue.ts';
import { throughEpilogue } from './epilogue.ts';

type InputGradientAttributes = WithEpilogue & { readonly xShape: Shape };
type WeightGradientAttributes = { readonly bias: boolean };

export const denseGradient: GradientRule<WithEpilogue> = (node, [dy], wanted) => {
  if (!dy) return {};
  const x = required(node, 'x');
  const weights = required(node, 'weights');
  const dz = throughEpilogue(node.attributes.epilogue, dy, first(node));
  const ofInput = { xShape: x.shape, epilogue: NO_EPILOGUE };
  const bias = wanted('bias');
  const wantsParameters = wanted('weights') || bias;
  if (wanted('x') && wantsParameters) {
    const [dx, ofWeights, ofBias] = apply(gradientsOperation, { x, dy: dz, weights }, { ...ofInput, bias }).outputs;
    return { x: dx, weights: ofWeights, bias: ofBias };
  }
  const [ofWeights, ofBias] = wantsParameters ? apply(weightGradientOperation, { x, dy: dz }, { bias }).outputs : [];
  const dx = wanted('x') ? first(apply(inputGradientOperation, { dy: dz, weights }, ofInput)) : undefined;
  return { x: dx, weights: ofWeights, bias: ofBias };
};

/** Outputs: the gradients of x, weights and, where wanted, bias. */
const gradientsOperation: Operation<InputGradientAttributes & WeightGradientAttributes> = {
  name: 'denseGradients',
  infer: (inputs, attributes) => [{ shape: attributes.xShape }, ...inferWeightGradient(inputs, attributes)],
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const [x, dy, saved, dx] = [required(node, 'x'), required(node, 'dy'), node.inputs.saved, first(node)];
    const { epilogue } = node.attributes;
    const wanted = node.outputs.slice(1);
    const wantsParameters = wanted.some((tensor) => lowering.isLive(tensor));
    if (!lowering.isLive(dx)) {
      if (wantsParameters) lowerWeightGradient(lowering, { x, dy }, wanted);
      return;
    }
    const weights = factorOperand(lowering, required(node, 'weights'));
    if (wantsParameters) {
      const [batch = 0, inputs = 0] = x.shape;
      const { splits, perSplit } = weightGradientSplits(batch);
      const lengthOf = (tensor: Tensor | undefined) => (tensor ? lowering.view(tensor).replicaStride : 0);
      const problem = {
        replicas: lowering.replicas,
        batch,
        inputs,
        outputs: dy.shape[1] ?? 0,
        bias: wanted.length > 1,
        epilogue,
        dy: lowering.view(dy),
        x: lowering.view(x),
        dx: lowering.view(dx),
        saved: lowering.viewIf(saved),
        weightsReplica: weights.view.replicaStride,
        weightsType: weights.view.type,
        splits,
        perSplit,
        weightsLength: lengthOf(wanted[0]),
        biasLength: lengthOf(wanted[1]),
      };
      const operands = (): Operand[] => {
        const [ofWeights, ofBias] = wanted.map((tensor) => lowering.partialSums(tensor, splits));
        return [dy, weights.operand, x, saved, STATE, dx, ofWeights, ofBias];
      };
      if (lowering.dispatchFused(denseGradientsFamily, problem, operands)) return;
      lowerWeightGradient(lowering, { x, dy }, wanted);
    }
    lowerInputGradient(lowering, { dy, saved, dx }, weights, epilogue);
  },
};

const inputGradientOperation: Operation<InputGradientAttributes> = {
  name: 'denseInputGradient',
  infer: (_, { xShape }) => [{ shape: xShape }],
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const weights = factorOperand(lowering, required(node, 'weights'));
    const tensors = { dy: required(node, 'dy'), saved: node.inputs.saved, dx: first(node) };
    lowerInputGradient(lowering, tensors, weights, node.attributes.epilogue);
  },
};

function lowerInputGradient(
  lowering: Lowering,
  { dy, saved, dx }: { readonly dy: Tensor; readonly saved: Tensor | undefined; readonly dx: Tensor },
  weights: { readonly operand: Operand; readonly view: View },
  epilogue: Epilogue,
): void {
  const k = dy.shape[1] ?? 0;
  const problem = {
    ...plainProduct(lowering),
    m: dx.shape[0] ?? 0,
    n: dx.shape[1] ?? 0,
    k,
    a: factorOf(lowering.view(dy)),
    b: transposed(factorOf(weights.view)),
    y: lowering.view(dx),
    saved: lowering.viewIf(saved),
    perSplit: k,
    epilogue,
  };
  lowering.dispatch(matmulFamily, problem, [dy, weights.operand, undefined, saved, STATE, dx, undefined]);
}

const weightGradientOperation: Operation<WeightGradientAttributes> = {
  name: 'denseWeightGradient',
  infer: inferWeightGradient,
  lower(node, lowering) {
    lowerWeightGradient(lowering, { x: required(node, 'x'), dy: required(node, 'dy') }, node.outputs);
  },
};

/** Outputs: the gradients of weights and, where wanted, bias. */
function inferWeightGradient({ x, dy }: Readonly<Record<string, Tensor>>, { bias }: WeightGradientAttributes): OutputSpec[] {
  const outputs = dy?.shape[1] ?? 0;
  return [
    { shape: [x?.shape[1] ?? 0, outputs], parameterGradient: true },
    ...(bias ? [{ shape: [outputs], parameterGradient: true }] : []),
  ];
}

/** Makes `outputs`, the gradients of weights and, where it is wanted, bias. */
function lowerWeightGradient(
  lowering: Lowering,
  { x, dy }: { readonly x: Tensor; readonly dy: Tensor },
  [weights, bias]: readonly Tensor[],
): void {
  if (!weights) return;
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
}

function transposed({ rowStride, columnStride, ...rest }: Factor): Factor {
  return { ...rest, rowStride: columnStride, columnStride: rowStride };
}
