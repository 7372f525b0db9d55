import type { Shape } from '../../core/value.ts';
import type { GradientRule } from '../../graph/differentiate.ts';
import { type Lowering, type Operand, type Operation, type OutputSpec, STATE } from '../../graph/operation.ts';
import { apply, first, type Node, required, type Tensor } from '../../graph/tensor.ts';
import { filterGradientSplits } from '../../kernels/conv2d-filter-gradient/problem.ts';
import { filterGradientFamily } from '../../kernels/conv2d-filter-gradient.ts';
import { conv2dGradientsFamily, conv2dGradientsParts } from '../../kernels/conv2d-gradients.ts';
import { conv2dFamily } from '../../kernels/forward.ts';
import {
  type ConvolutionAttributes,
  type ConvolutionWindow,
  convolutionGeometry,
  convolutionParts,
  lowerConvolution,
} from '../convolution.ts';
import { absorbEpilogue, NO_EPILOGUE, type WithEpilogue } from '../epilogue.ts';
import { throughEpilogue } from './epilogue.ts';

type GradientAttributes = ConvolutionWindow & { readonly xShape: Shape; readonly filterShape: Shape };
export type FilterGradientAttributes = GradientAttributes & { readonly bias: boolean };

export const conv2dGradient: GradientRule<ConvolutionAttributes> = (node, [dy], wanted) => {
  const { epilogue, ...window } = node.attributes;
  if (!dy) return {};
  const x = required(node, 'x');
  const dz = throughEpilogue(epilogue, dy, first(node));
  const shapes = { ...window, xShape: x.shape, filterShape: required(node, 'filter').shape };
  const wantsFilter = wanted('filter') || wanted('bias');
  if (wanted('x') && wantsFilter) {
    const attributes = { ...shapes, bias: wanted('bias'), epilogue: NO_EPILOGUE };
    const [dx, filter, bias] = apply(gradientsOperation, { x, dy: dz, filter: required(node, 'filter') }, attributes).outputs;
    return { x: dx, filter, bias };
  }
  const [filter, bias] = wantsFilter
    ? apply(filterGradientOperation, { x, dy: dz }, { ...shapes, bias: wanted('bias') }).outputs
    : [];
  return { x: wanted('x') ? inputGradient(node, dz, window) : undefined, filter, bias };
};

/** Outputs: the gradients of x, filter and, where wanted, bias. */
const gradientsOperation: Operation<FilterGradientAttributes & WithEpilogue> = {
  name: 'conv2dGradients',
  infer: (inputs, attributes) => [{ shape: attributes.xShape }, ...inferFilterGradient(inputs, attributes)],
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const [x, dy, saved, dx] = [required(node, 'x'), required(node, 'dy'), node.inputs.saved, first(node)];
    const wanted = node.outputs.slice(1);
    const wantsFilter = wanted.some((tensor) => lowering.isLive(tensor));
    if (!lowering.isLive(dx)) {
      if (wantsFilter) lowerFilterGradient(lowering, { x, dy }, wanted, node.attributes);
      return;
    }
    const { epilogue, xShape, ...window } = node.attributes;
    const { problem, filter } = convolutionParts(lowering, { filter: required(node, 'filter') }, window, xShape, true);
    const views = { dy: lowering.view(dy), x: lowering.view(x), dx: lowering.view(dx), saved: lowering.viewIf(saved) };
    if (wantsFilter) {
      const { replicas, batch, geometry, groups, filterReplica, filterType } = problem;
      const shape = { batch, geometry, inputChannels: problem.outputChannels, outputChannels: problem.inputChannels };
      const parts = conv2dGradientsParts(shape, lowering.capabilities);
      const common = { replicas, groups, epilogue, filterReplica, filterType, parts, savedIsX: saved === x };
      const together = { ...views, ...lengthsOf(lowering, wanted), ...shape, ...common };
      const operands = (): Operand[] => {
        const [ofFilter, ofBias] = wanted.map((tensor) => lowering.partialSums(tensor, parts));
        return [dy, filter, x, saved, STATE, dx, ofFilter, ofBias];
      };
      if (lowering.dispatchFused(conv2dGradientsFamily, together, operands)) return;
      lowerFilterGradient(lowering, { x, dy }, wanted, node.attributes);
    }
    const alone = { ...problem, epilogue, x: views.dy, y: views.dx, saved: views.saved };
    lowering.dispatch(conv2dFamily, alone, [dy, filter, undefined, saved, STATE, dx]);
  },
};

/** The gradient of the input of a convolution with the inputs x and filter, from `dz`, that of its sums. */
export function inputGradient(node: Node, dz: Tensor, window: ConvolutionWindow): Tensor {
  const filter = required(node, 'filter');
  const attributes = { ...window, xShape: required(node, 'x').shape, filterShape: filter.shape, epilogue: NO_EPILOGUE };
  return first(apply(inputGradientOperation, { dy: dz, filter }, attributes));
}

const inputGradientOperation: Operation<GradientAttributes & WithEpilogue> = {
  name: 'conv2dInputGradient',
  infer: (_, { xShape }) => [{ shape: xShape }],
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const { xShape, ...attributes } = node.attributes;
    const tensors = { ...node.inputs, filter: required(node, 'filter'), x: required(node, 'dy'), y: first(node) };
    lowerConvolution(lowering, tensors, attributes, xShape, true);
  },
};

export const filterGradientOperation: Operation<FilterGradientAttributes> = {
  name: 'conv2dFilterGradient',
  infer: inferFilterGradient,
  lower(node, lowering) {
    const tensors = { x: required(node, 'x'), dy: required(node, 'dy') };
    lowerFilterGradient(lowering, tensors, node.outputs, node.attributes);
  },
};

/** Makes `outputs`, the gradients of filter and, where it is wanted, bias. */
export function lowerFilterGradient(
  lowering: Lowering,
  { x, dy }: { readonly x: Tensor; readonly dy: Tensor },
  outputs: readonly Tensor[],
  attributes: GradientAttributes,
): void {
  const { problem, filter, bias } = filterGradientParts(lowering, x, outputs, attributes);
  lowering.dispatch(filterGradientFamily, { ...problem, dy: lowering.view(dy) }, [x, dy, filter, bias]);
}

/** Outputs: the gradients of filter and, where wanted, bias. */
export function inferFilterGradient(_: unknown, { filterShape, bias }: FilterGradientAttributes): OutputSpec[] {
  return [
    { shape: filterShape, parameterGradient: true },
    ...(bias ? [{ shape: [filterShape[3] ?? 0], parameterGradient: true }] : []),
  ];
}

/** What a filter gradient is lowered from apart from the output's gradient, and where its sums go. `outputs`: of filter and bias. */
export function filterGradientParts(
  lowering: Lowering,
  x: Tensor,
  outputs: readonly Tensor[],
  { filterShape, xShape, ...window }: GradientAttributes,
) {
  const geometry = convolutionGeometry(xShape, filterShape, window);
  const batch = xShape[0] ?? 0;
  const { splits } = filterGradientSplits(batch, geometry);
  const problem = {
    replicas: lowering.replicas,
    batch,
    geometry,
    inputChannels: xShape[3] ?? 0,
    outputChannels: filterShape[3] ?? 0,
    groups: window.groups,
    x: lowering.view(x),
    ...lengthsOf(lowering, outputs),
  };
  const [filter, bias] = outputs.map((tensor) => lowering.partialSums(tensor, splits));
  return { problem, filter, bias };
}

/** Elements of one partial result of the filter and, where it is wanted, of the bias. */
export function lengthsOf(lowering: Lowering, [filter, bias]: readonly Tensor[]) {
  const lengthOf = (tensor: Tensor | undefined) => (tensor ? lowering.view(tensor).replicaStride : 0);
  return { bias: bias !== undefined, filterLength: lengthOf(filter), biasLength: lengthOf(bias) };
}
