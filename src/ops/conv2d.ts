import { type Activation, checkActivation } from '../core/activation.ts';
import { OptionError, ShapeError } from '../core/errors.ts';
import { checkPadding, checkPair, type Padding, type Pair } from '../core/geometry.ts';
import { shown } from '../core/shown.ts';
import { formatShape, sameShape } from '../core/value.ts';
import { apply, first, required, type Tensor } from '../graph/tensor.ts';
import { activated } from './activation.ts';
import { type ConvolutionAttributes, type ConvolutionWindow, convolutionGeometry, lowerConvolution } from './convolution.ts';
import type { DifferentiableOperation } from './differentiable.ts';
import { absorbEpilogue } from './epilogue.ts';
import { joinDepthwise } from './separable.ts';

export interface Conv2dAttributes {
  readonly strides?: Pair;
  readonly padding?: Padding;
  readonly dilations?: Pair;
  readonly groups?: number;
  readonly activation?: Activation;
}

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
  fuse(node, soleUser) {
    const x = required(node, 'x');
    return soleUser(x) && x.node.operation === convolution ? joinDepthwise(x.node, node) : undefined;
  },
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const x = required(node, 'x');
    lowerConvolution(lowering, { ...node.inputs, filter: required(node, 'filter'), x, y: first(node) }, node.attributes, x.shape);
  },
};
