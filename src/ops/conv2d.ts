import { type Activation, checkActivation } from '../core/activation.ts';
import { OptionError, ShapeError } from '../core/errors.ts';
import { checkPadding, checkPair, type Padding, type Pair, type WindowGeometry, windowGeometry } from '../core/geometry.ts';
import { shown } from '../core/shown.ts';
import { formatShape, type Shape, sameShape } from '../core/value.ts';
import { type Lowering, STATE } from '../graph/operation.ts';
import { apply, first, type Node, required, type Tensor } from '../graph/tensor.ts';
import { conv2dFamily } from '../kernels/conv2d.ts';
import { activated } from './activation.ts';
import { contiguousOperand, factorOperand } from './contiguous.ts';
import type { DifferentiableOperation } from './differentiable.ts';
import { absorbEpilogue, type WithEpilogue } from './epilogue.ts';

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

export type ConvolutionAttributes = ConvolutionWindow & WithEpilogue;

export function conv2d(inputs: { x: Tensor; filter: Tensor; bias?: Tensor }, attributes: Conv2dAttributes = {}): Tensor {
  const window = convolutionWindow('conv2d', attributes);
  const activation = checkActivation('conv2d', attributes.activation);
  return activated('conv2d', activation, (epilogue) => first(apply(convolution, inputs, { ...window, epilogue })));
}

/** The attributes of a convolution, checked; `label` is the public operation. */
export function convolutionWindow(label: string, attributes: Conv2dAttributes): ConvolutionWindow {
  const groups = attributes.groups ?? 1;
  if (!Number.isSafeInteger(groups) || groups < 1)
    throw new OptionError(`${label}: groups must be a positive integer, got ${shown(groups)}`);
  return {
    strides: checkPair(label, 'strides', attributes.strides ?? [1, 1]),
    padding: checkPadding(label, attributes.padding ?? 'valid'),
    dilations: checkPair(label, 'dilations', attributes.dilations ?? [1, 1]),
    groups,
  };
}

export function convolutionGeometry(
  xShape: Shape,
  filterShape: Shape,
  window: ConvolutionWindow,
  label = 'conv2d',
): WindowGeometry {
  const [, height = 0, width = 0] = xShape;
  const [windowHeight = 0, windowWidth = 0] = filterShape;
  return windowGeometry(label, [height, width], [windowHeight, windowWidth], window.strides, window.padding, window.dilations);
}

export const convolution: DifferentiableOperation<ConvolutionAttributes> = {
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
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const x = required(node, 'x');
    lowerConvolution(node, lowering, x, node.inputs.saved, { xShape: x.shape, transposed: false });
  },
};

export function lowerConvolution(
  node: Node<ConvolutionAttributes>,
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
