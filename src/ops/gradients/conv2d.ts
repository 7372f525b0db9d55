import type { Shape } from '../../core/value.ts';
import type { GradientRule } from '../../graph/differentiate.ts';
import type { Lowering, Operation, OutputSpec } from '../../graph/operation.ts';
import { apply, first, type Node, output, required, type Tensor } from '../../graph/tensor.ts';
import { filterGradientSplits } from '../../kernels/conv2d-filter-gradient/problem.ts';
import { filterGradientFamily } from '../../kernels/conv2d-filter-gradient.ts';
import { type ConvolutionAttributes, type ConvolutionWindow, convolutionGeometry, lowerConvolution } from '../conv2d.ts';
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
  const [filter, bias] =
    wanted('filter') || wanted('bias')
      ? apply(filterGradientOperation, { x, dy: dz }, { ...shapes, bias: wanted('bias') }).outputs
      : [];
  return { x: wanted('x') ? inputGradient(node, dz, window) : undefined, filter, bias };
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
    lowerConvolution(node, lowering, required(node, 'dy'), node.inputs.saved, {
      xShape: node.attributes.xShape,
      transposed: true,
    });
  },
};

export const filterGradientOperation: Operation<FilterGradientAttributes> = {
  name: 'conv2dFilterGradient',
  infer: inferFilterGradient,
  lower(node, lowering) {
    const dy = required(node, 'dy');
    const { problem, filter, bias } = filterGradientParts(node, lowering);
    lowering.dispatch(filterGradientFamily, { ...problem, dy: lowering.view(dy) }, [required(node, 'x'), dy, filter, bias]);
  },
};

/** Outputs: the gradients of filter and, where wanted, bias. */
export function inferFilterGradient(_: unknown, { filterShape, bias }: FilterGradientAttributes): OutputSpec[] {
  return [
    { shape: filterShape, parameterGradient: true },
    ...(bias ? [{ shape: [filterShape[3] ?? 0], parameterGradient: true }] : []),
  ];
}

/** What a filter gradient is lowered from apart from the output's gradient, and where its sums go. */
export function filterGradientParts(node: Node<FilterGradientAttributes>, lowering: Lowering) {
  const { filterShape, groups, xShape } = node.attributes;
  const geometry = convolutionGeometry(xShape, filterShape, node.attributes);
  const batch = xShape[0] ?? 0;
  const { splits } = filterGradientSplits(batch, geometry);
  const filter = output(node, 0);
  const bias = node.outputs[1];
  const problem = {
    replicas: lowering.replicas,
    batch,
    geometry,
    inputChannels: xShape[3] ?? 0,
    outputChannels: filterShape[3] ?? 0,
    groups,
    bias: bias !== undefined,
    x: lowering.view(required(node, 'x')),
    filterLength: lowering.view(filter).replicaStride,
    biasLength: bias ? lowering.view(bias).replicaStride : 0,
  };
  return { problem, filter: lowering.partialSums(filter, splits), bias: bias && lowering.partialSums(bias, splits) };
}
