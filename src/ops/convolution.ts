import { type Padding, type Pair, type WindowGeometry, windowGeometry } from '../core/geometry.ts';
import type { Shape } from '../core/value.ts';
import { type Lowering, STATE } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';
import { conv2dFamily } from '../kernels/forward.ts';
import { contiguousOperand, factorOperand } from './contiguous.ts';
import type { WithEpilogue } from './epilogue.ts';

/** How a convolution's filter moves over the image. */
export interface ConvolutionWindow {
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilations: Pair;
  readonly groups: number;
}

export type ConvolutionAttributes = ConvolutionWindow & WithEpilogue;

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

/** The weights of a convolution. */
interface Weights {
  readonly filter: Tensor;
  readonly bias?: Tensor;
}

/** What a convolution reads and writes: `x` and `y` are its input and output, or with `transposed` their gradients, y's as `x`. */
interface ConvolutionTensors extends Weights {
  readonly x: Tensor;
  readonly saved?: Tensor;
  readonly y: Tensor;
}

/** Dispatches a convolution with an input of `xShape`, or (`transposed`) the gradient of that input. */
export function lowerConvolution(
  lowering: Lowering,
  { x, saved, y, ...weights }: ConvolutionTensors,
  { epilogue, ...window }: ConvolutionAttributes,
  xShape: Shape,
  transposed = false,
): void {
  const { problem, filter, bias } = convolutionParts(lowering, weights, window, xShape, transposed);
  const views = { x: lowering.view(x), y: lowering.view(y), saved: lowering.viewIf(saved) };
  lowering.dispatch(conv2dFamily, { ...problem, epilogue, ...views }, [x, filter, bias, saved, STATE, y]);
}

/** What a convolution, or its input gradient, is lowered from apart from input, output and epilogue; filter and bias as kernels take them. */
export function convolutionParts(
  lowering: Lowering,
  weights: Weights,
  window: ConvolutionWindow,
  xShape: Shape,
  transposed = false,
) {
  const { shape } = weights.filter;
  const filter = factorOperand(lowering, weights.filter);
  const bias = weights.bias && contiguousOperand(lowering, weights.bias);
  const channels = [xShape[3] ?? 0, shape[3] ?? 0] as const;
  const problem = {
    replicas: lowering.replicas,
    batch: xShape[0] ?? 0,
    geometry: convolutionGeometry(xShape, shape, window),
    inputChannels: transposed ? channels[1] : channels[0],
    outputChannels: transposed ? channels[0] : channels[1],
    groups: window.groups,
    transposed,
    bias: bias !== undefined,
    filterReplica: filter.view.replicaStride,
    filterType: filter.view.type,
    biasReplica: bias?.view.replicaStride ?? 0,
  };
  return { problem, filter: filter.operand, bias: bias?.operand };
}
