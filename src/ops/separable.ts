import type { Shape } from '../core/value.ts';
import type { Lowering } from '../graph/operation.ts';
import { apply, first, type Node, output, required, type Tensor } from '../graph/tensor.ts';
import { separableFamily } from '../kernels/forward.ts';
import { isSmall } from '../kernels/separable/problem.ts';
import { contiguousLater, factorLater } from './contiguous.ts';
import { type ConvolutionAttributes, type ConvolutionWindow, convolutionGeometry, lowerConvolution } from './convolution.ts';
import type { DifferentiableOperation } from './differentiable.ts';
import { absorbEpilogue, isPlain, NO_EPILOGUE } from './epilogue.ts';

/** The window of a convolution of single pixels. */
export const POINTWISE: ConvolutionWindow = { strides: [1, 1], padding: 'valid', dilations: [1, 1], groups: 1 };

/**
 * The joint node of a depthwise convolution and the convolution of single pixels behind it. Undefined for other pairs, where something
 * lies in between (a bias, an activation), and where no kernel does both in one pass.
 */
export function joinDepthwise(depthwise: Node, pointwise: Node): readonly Tensor[] | undefined {
  const { epilogue: between, ...window } = depthwise.attributes as ConvolutionAttributes;
  const { epilogue, ...pixels } = pointwise.attributes as ConvolutionAttributes;
  const [x, filter] = [required(depthwise, 'x'), required(depthwise, 'filter')];
  const channels = x.shape[3];
  if (!isPlain(between) || depthwise.inputs.bias || epilogue.gradient) return undefined;
  if (window.groups !== channels || filter.shape[3] !== channels) return undefined;
  if (!isPointwise(required(pointwise, 'filter').shape, pixels)) return undefined;
  const geometry = convolutionGeometry(x.shape, filter.shape, window);
  const outputChannels = required(pointwise, 'filter').shape[3] ?? 0;
  if (!isSmall({ geometry, inputChannels: channels, outputChannels, epilogue })) return undefined;
  const inputs = { ...pointwise.inputs, x, depthwise: filter };
  return apply(separable, inputs, { ...window, epilogue }).outputs;
}

function isPointwise([height, width]: Shape, { strides, padding, groups }: ConvolutionWindow): boolean {
  const unpadded = typeof padding === 'string' || padding.every((size) => size === 0);
  return height === 1 && width === 1 && groups === 1 && unpadded && strides.every((step) => step === 1);
}

/** The shape between the two convolutions. */
export function shapeBetween(x: Shape, depthwise: Shape, window: ConvolutionWindow): Shape {
  const { outputHeight, outputWidth } = convolutionGeometry(x, depthwise, window);
  return [x[0] ?? 0, outputHeight, outputWidth, x[3] ?? 0];
}

/**
 * A depthwise convolution [KH,KW,1,C], whose window the attributes have, and one of single pixels [1,1,C,K] behind it. Outputs: the
 * result, and what lies between the two, which is in memory only where they are dispatched apart.
 */
export const separable: DifferentiableOperation<ConvolutionAttributes> = {
  name: 'separable',
  infer({ x, depthwise, filter }, { epilogue: _, ...window }) {
    const between = shapeBetween(x?.shape ?? [], depthwise?.shape ?? [], window);
    return [{ shape: [...between.slice(0, 3), filter?.shape[3] ?? 0] }, { shape: between }];
  },
  absorb: (node, request) => (request.epilogue.gradient ? undefined : absorbEpilogue(node, request)),
  lower(node, lowering) {
    const [x, y, between] = [required(node, 'x'), first(node), output(node, 1)];
    const [depthwise, filter, bias] = [required(node, 'depthwise'), required(node, 'filter'), node.inputs.bias];
    const { epilogue, ...window } = node.attributes;
    const { problem, operands } = separableParts(lowering, node, window);
    const offsets = bias && contiguousLater(lowering, bias);
    const fused = {
      ...problem,
      bias: bias !== undefined,
      epilogue,
      y: lowering.view(y),
      biasReplica: offsets?.view.replicaStride ?? 0,
    };
    if (lowering.dispatchFused(separableFamily, fused, () => [x, ...operands(), offsets?.operand(), y])) return;
    lowerConvolution(lowering, { x, filter: depthwise, y: between }, { ...window, epilogue: NO_EPILOGUE }, x.shape);
    lowerConvolution(lowering, { x: between, filter, bias, y }, { ...POINTWISE, epilogue }, between.shape);
  },
};

/** What the joint node, and its gradient, are lowered from; `operands` gives the filters as kernels take them, once. */
export function separableParts(lowering: Lowering, { inputs }: Pick<Node, 'inputs'>, window: ConvolutionWindow) {
  const { x, depthwise, filter } = inputs;
  if (!x || !depthwise || !filter) throw new Error('A separable convolution has an input and two filters');
  const factors = [factorLater(lowering, depthwise), factorLater(lowering, filter)] as const;
  const problem = {
    replicas: lowering.replicas,
    batch: x.shape[0] ?? 0,
    geometry: convolutionGeometry(x.shape, depthwise.shape, window),
    inputChannels: x.shape[3] ?? 0,
    outputChannels: filter.shape[3] ?? 0,
    groups: window.groups,
    x: lowering.view(x),
    depthwise: factors[0].view,
    filter: factors[1].view,
  };
  return { problem, operands: () => factors.map(({ operand }) => operand()) };
}
