import { type Activation, checkActivation } from '../core/activation.ts';
import { OptionError, ShapeError } from '../core/errors.ts';
import { checkPadding, checkPair, type Padding, type Pair, type WindowGeometry, windowGeometry } from '../core/geometry.ts';
import { shown } from '../core/shown.ts';
import { formatShape, type Shape, sameShape } from '../core/value.ts';
import { type Lowering, type Operation, type OutputSpec, STATE } from '../graph/operation.ts';
import { apply, first, type Node, output, required, type Tensor } from '../graph/tensor.ts';
import { conv2dFamily } from '../kernels/conv2d.ts';
import { filterGradientSplits } from '../kernels/conv2d-filter-gradient/problem.ts';
import { filterGradientFamily } from '../kernels/conv2d-filter-gradient.ts';
import { activated } from './activation.ts';
import { contiguousOperand, factorOperand } from './contiguous.ts';
import { throughEpilogue } from './elementwise.ts';
import { absorbEpilogue, NO_EPILOGUE, type WithEpilogue } from './epilogue.ts';

export interface Conv2dAttributes {
  readonly strides?: Pair;
  readonly padding?: Padding;
  readonly dilations?: Pair;
  readonly groups?: number;
  readonly activation?: Activation;
}

/** How a convolution's filter moves over the image. */
export interface ConvolutionWindow {
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilations: Pair;
  readonly groups: number;
}

type ForwardAttributes = ConvolutionWindow & WithEpilogue;
type GradientAttributes = ConvolutionWindow & { readonly xShape: Shape; readonly filterShape: Shape };
export type FilterGradientAttributes = GradientAttributes & { readonly bias: boolean };

export function conv2d(inputs: { x: Tensor; filter: Tensor; bias?: Tensor }, attributes: Conv2dAttributes = {}): Tensor {
  const groups = attributes.groups ?? 1;
  if (!Number.isSafeInteger(groups) || groups < 1)
    throw new OptionError(`conv2d: groups must be a positive integer, got ${shown(groups)}`);
  const window: ConvolutionWindow = {
    strides: checkPair('conv2d', 'strides', attributes.strides ?? [1, 1]),
    padding: checkPadding('conv2d', attributes.padding ?? 'valid'),
    dilations: checkPair('conv2d', 'dilations', attributes.dilations ?? [1, 1]),
    groups,
  };
  const activation = checkActivation('conv2d', attributes.activation);
  return activated('conv2d', activation, (epilogue) => first(apply(convolution, inputs, { ...window, epilogue })));
}

export function convolutionGeometry(xShape: Shape, filterShape: Shape, window: ConvolutionWindow): WindowGeometry {
  const [, height = 0, width = 0] = xShape;
  const [windowHeight = 0, windowWidth = 0] = filterShape;
  return windowGeometry('conv2d', [height, width], [windowHeight, windowWidth], window.strides, window.padding, window.dilations);
}

export const convolution: Operation<ForwardAttributes> = {
  name: 'conv2d',
  infer({ x, filter, bias }, attributes) {
    if (x?.shape.length !== 4) throw new ShapeError(`conv2d: 'x' must be [N, H, W, C], got ${formatShape(x?.shape ?? [])}`);
    if (filter?.shape.length !== 4)
      throw new ShapeError(`conv2d: 'filter' must be [KH, KW, C / groups, K], got ${formatShape(filter?.shape ?? [])}`);
    const [batch = 0, , , channels = 0] = x.shape;
    const [, , inputs = 0, outputs = 0] = filter.shape;
    const { groups } = attributes;
    if (channels % groups !== 0 || outputs % groups !== 0)
      throw new ShapeError(`conv2d: groups ${groups} must divide the ${channels} channels of 'x' and the ${outputs} of 'filter'`);
    if (inputs * groups !== channels)
      throw new ShapeError(
        `conv2d: 'filter' ${formatShape(filter.shape)} sees ${inputs} channels a group, but 'x' ${formatShape(x.shape)} with groups ${groups} has ${channels / groups}`,
      );
    if (bias && !sameShape(bias.shape, [outputs]))
      throw new ShapeError(`conv2d: 'bias' must be ${formatShape([outputs])}, got ${formatShape(bias.shape)}`);
    const geometry = convolutionGeometry(x.shape, filter.shape, attributes);
    return [{ shape: [batch, geometry.outputHeight, geometry.outputWidth, outputs] }];
  },
  gradient(node, [dy], wanted) {
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
  },
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const x = required(node, 'x');
    lowerConvolution(node, lowering, x, node.inputs.saved, { xShape: x.shape, transposed: false });
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
    lowerConvolution(node, lowering, required(node, 'dy'), node.inputs.saved, {
      xShape: node.attributes.xShape,
      transposed: true,
    });
  },
};

function lowerConvolution(
  node: Node<ForwardAttributes>,
  lowering: Lowering,
  source: Tensor,
  saved: Tensor | undefined,
  { xShape, transposed }: { xShape: Shape; transposed: boolean },
): void {
  const y = first(node);
  const { problem, filter, bias } = convolutionParts(node, lowering, xShape, transposed);
  lowering.dispatch(
    conv2dFamily,
    {
      ...problem,
      epilogue: node.attributes.epilogue,
      x: lowering.view(source),
      y: lowering.view(y),
      saved: lowering.viewIf(saved),
    },
    [source, filter, bias, saved, STATE, y],
  );
}

/** What a convolution, or its input gradient, is lowered from apart from input, output and epilogue; filter and bias as kernels take them. */
export function convolutionParts(node: Node<ConvolutionWindow>, lowering: Lowering, xShape: Shape, transposed: boolean) {
  const { shape } = required(node, 'filter');
  const filter = factorOperand(lowering, required(node, 'filter'));
  const bias = node.inputs.bias && contiguousOperand(lowering, node.inputs.bias);
  const channels = [xShape[3] ?? 0, shape[3] ?? 0] as const;
  const problem = {
    replicas: lowering.replicas,
    batch: xShape[0] ?? 0,
    geometry: convolutionGeometry(xShape, shape, node.attributes),
    inputChannels: transposed ? channels[1] : channels[0],
    outputChannels: transposed ? channels[0] : channels[1],
    groups: node.attributes.groups,
    transposed,
    bias: bias !== undefined,
    filterReplica: filter.view.replicaStride,
    filterType: filter.view.type,
    biasReplica: bias?.view.replicaStride ?? 0,
  };
  return { problem, filter: filter.operand, bias: bias?.operand };
}

const filterGradientOperation: Operation<FilterGradientAttributes> = {
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
