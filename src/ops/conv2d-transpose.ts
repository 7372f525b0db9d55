import { checkActivation } from '../core/activation.ts';
import { ShapeError } from '../core/errors.ts';
import { formatShape, type Shape, sameShape } from '../core/value.ts';
import { apply, first, required, type Tensor } from '../graph/tensor.ts';
import { activated } from './activation.ts';
import { type Conv2dAttributes, convolutionWindow } from './conv2d.ts';
import { type ConvolutionAttributes, type ConvolutionWindow, convolutionGeometry, lowerConvolution } from './convolution.ts';
import type { DifferentiableOperation } from './differentiable.ts';
import { absorbEpilogue } from './epilogue.ts';

/** The gradient of a convolution's input, used forwards: x [N,H,W,IN] with filter [KH,KW,OUT/groups,IN] and bias [OUT]. */
export function conv2dTranspose(inputs: { x: Tensor; filter: Tensor; bias?: Tensor }, attributes: Conv2dAttributes = {}): Tensor {
  const window = convolutionWindow('conv2dTranspose', attributes);
  const activation = checkActivation('conv2dTranspose', attributes.activation);
  return activated('conv2dTranspose', activation, (epilogue) =>
    first(apply(transposedConvolution, inputs, { ...window, epilogue })),
  );
}

/**
 * Height or width of what a window makes of `size` pixels, of those to which a convolution would give back that size: 'same' is
 * size * stride, 'valid' the least (Keras), explicit padding cuts as much from the sum of all windows (PyTorch).
 */
export function transposedSize(
  size: number,
  window: number,
  stride: number,
  dilation: number,
  padding: 'same' | 'valid' | readonly [number, number],
): number {
  const extent = (window - 1) * dilation + 1;
  if (padding === 'same') return size * stride;
  if (padding === 'valid') return size * stride + Math.max(extent - stride, 0);
  return (size - 1) * stride + extent - padding[0] - padding[1];
}

/** The shape of the result, whose convolution has the shape of x. */
function transposedShape(x: Shape, filter: Shape, { strides, padding, dilations, groups }: ConvolutionWindow): Shape {
  const [batch = 0, height = 0, width = 0] = x;
  const [windowHeight = 0, windowWidth = 0, outputs = 0] = filter;
  const sides = typeof padding === 'string' ? [padding, padding] : ([padding.slice(0, 2), padding.slice(2)] as const);
  const along = (axis: 0 | 1, size: number, window: number) =>
    transposedSize(size, window, strides[axis], dilations[axis], sides[axis] as Parameters<typeof transposedSize>[4]);
  return [batch, along(0, height, windowHeight), along(1, width, windowWidth), outputs * groups];
}

export const transposedConvolution: DifferentiableOperation<ConvolutionAttributes> = {
  name: 'conv2dTranspose',
  infer({ x, filter, bias }, attributes) {
    if (x?.shape.length !== 4)
      throw new ShapeError(`conv2dTranspose: 'x' must be [N, H, W, IN], got ${formatShape(x?.shape ?? [])}`);
    if (filter?.shape.length !== 4)
      throw new ShapeError(
        `conv2dTranspose: 'filter' must be [KH, KW, OUT / groups, IN], got ${formatShape(filter?.shape ?? [])}`,
      );
    const channels = x.shape[3] ?? 0;
    const { groups, padding } = attributes;
    if (filter.shape[3] !== channels)
      throw new ShapeError(
        `conv2dTranspose: 'filter' ${formatShape(filter.shape)} must be [KH, KW, OUT / groups, ${channels}] for 'x' ${formatShape(x.shape)}`,
      );
    if (channels % groups !== 0)
      throw new ShapeError(`conv2dTranspose: groups ${groups} must divide the ${channels} channels of 'x'`);
    const shape = transposedShape(x.shape, filter.shape, attributes);
    const outputs = shape[3] ?? 0;
    if (bias && !sameShape(bias.shape, [outputs]))
      throw new ShapeError(`conv2dTranspose: 'bias' must be ${formatShape([outputs])}, got ${formatShape(bias.shape)}`);
    if (shape.some((size) => size < 1))
      throw new ShapeError(
        `conv2dTranspose: padding ${formatShape(padding as readonly number[])} leaves nothing of the result, ${formatShape(shape)}; pad by less`,
      );
    // Throws where the windows reach farther than shaders count.
    convolutionGeometry(shape, filter.shape, attributes, 'conv2dTranspose');
    return [{ shape }];
  },
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const y = first(node);
    const tensors = { ...node.inputs, filter: required(node, 'filter'), x: required(node, 'x'), y };
    lowerConvolution(lowering, tensors, node.attributes, y.shape, true);
  },
};
