import type { WindowGeometry } from '../core/geometry.ts';
import { elements, type Shape } from '../core/value.ts';
import { type Operation, STATE } from '../graph/operation.ts';
import { apply, contiguous, first, type Node, required, type Tensor } from '../graph/tensor.ts';
import { conv2dFamily } from '../kernels/conv2d.ts';
import { filterGradientFamily } from '../kernels/conv2d-filter-gradient.ts';
import { conv2dPoolFamily } from '../kernels/conv2d-pool.ts';
import { conv2dPoolFilterGradientFamily } from '../kernels/conv2d-pool-filter-gradient.ts';
import { argmaxWords, poolFamily, poolGradientFamily } from '../kernels/pool.ts';
import {
  type ConvolutionWindow,
  convolution,
  convolutionGeometry,
  convolutionParts,
  type FilterGradientAttributes,
  filterGradientParts,
  inferFilterGradient,
  inputGradient,
} from './conv2d.ts';
import { throughEpilogue } from './elementwise.ts';
import { absorbEpilogue, NO_EPILOGUE, type WithEpilogue } from './epilogue.ts';
import { type PoolWindow, poolGeometry, poolGradient } from './pool-gradient.ts';

interface Pooled {
  readonly pool: PoolWindow;
}

/**
 * The joint node of a convolution and the maximum pooling of its output, where windows tile that output from its corner: the
 * output itself is then nowhere needed, as an activation's derivative can be read from the pooled one. Undefined for other pairs.
 * Activations never decrease, so that the epilogue may follow the maximum.
 */
export function joinConvolution({ operation, inputs, attributes }: Node, pool: PoolWindow): readonly Tensor[] | undefined {
  if (operation !== convolution) return undefined;
  const { epilogue, ...window } = attributes as ConvolutionWindow & WithEpilogue;
  if (epilogue.gradient || epilogue.dropout || window.groups !== 1) return undefined;
  const joint = { ...window, pool, epilogue };
  const { size, strides } = pool;
  const { top, left } = geometries(inputs, joint).pool;
  if (top > 0 || left > 0 || strides[0] !== size[0] || strides[1] !== size[1]) return undefined;
  return apply(convolutionWithPooling, inputs, joint).outputs;
}

function geometries(inputs: Node['inputs'], attributes: ConvolutionWindow & Pooled) {
  const [xShape, filterShape] = [inputs.x?.shape ?? [], inputs.filter?.shape ?? []];
  return windowsOf(xShape, filterShape, attributes);
}

/** The shape of the convolution's output, and the geometry of its pooling. */
function windowsOf(
  xShape: Shape,
  filterShape: Shape,
  attributes: ConvolutionWindow & Pooled,
): { shape: Shape; pool: WindowGeometry } {
  const { outputHeight, outputWidth } = convolutionGeometry(xShape, filterShape, attributes);
  const shape = [xShape[0] ?? 0, outputHeight, outputWidth, filterShape[3] ?? 0];
  return { shape, pool: poolGeometry(shape, attributes.pool) };
}

/** Outputs: the pooled values, and which pixel of each window won. */
const convolutionWithPooling: Operation<ConvolutionWindow & Pooled & WithEpilogue> = {
  name: 'conv2dPool',
  infer(inputs, attributes) {
    const { shape, pool } = geometries(inputs, attributes);
    const [batch = 0, , , channels = 0] = shape;
    const pixels = [batch, pool.outputHeight, pool.outputWidth];
    return [{ shape: [...pixels, channels] }, { shape: [...pixels, argmaxWords(channels, pool)], type: 'u32' }];
  },
  gradient(node, [dy], wanted) {
    if (!dy) return {};
    const { epilogue, pool, ...window } = node.attributes;
    const x = required(node, 'x');
    const inputs = { dy: throughEpilogue(epilogue, dy, first(node)), argmax: node.outputs[1] };
    // The input's gradient needs that of each pixel.
    const { shape } = geometries(node.inputs, node.attributes);
    const dense = wanted('x') ? poolGradient(inputs, shape, { ...pool, maximum: true }) : undefined;
    const attributes = { ...window, pool, xShape: x.shape, filterShape: required(node, 'filter').shape, bias: wanted('bias') };
    const [filter, bias] =
      wanted('filter') || wanted('bias') ? apply(filterGradientOperation, { x, ...inputs, dense }, attributes).outputs : [];
    return { x: dense && inputGradient(node, dense, window), filter, bias };
  },
  absorb: (node, request) => (request.epilogue.gradient ? undefined : absorbEpilogue(node, request)),
  lower(node, lowering) {
    const x = required(node, 'x');
    const y = first(node);
    const { shape, pool } = geometries(node.inputs, node.attributes);
    const { epilogue } = node.attributes;
    const { problem, filter, bias } = convolutionParts(node, lowering, x.shape, false);
    const [xView, yView] = [lowering.view(x), lowering.view(y)];
    const argmax = lowering.isLive(node.outputs[1]) ? node.outputs[1] : undefined;
    const fused = { ...problem, pool, argmax: argmax !== undefined, epilogue, x: xView, y: yView };
    if (lowering.dispatchFused(conv2dPoolFamily, fused, [x, filter, bias, STATE, y, argmax])) return;

    const size = elements(shape);
    const whole = contiguous(shape, size, yView.type);
    const z = lowering.scratch(size * lowering.replicas, yView.type);
    lowering.dispatch(conv2dFamily, { ...problem, epilogue: NO_EPILOGUE, x: xView, y: whole }, [
      x,
      filter,
      bias,
      undefined,
      STATE,
      z,
    ]);
    const { replicas, batch, outputChannels: channels } = problem;
    const pooling = {
      replicas,
      batch,
      channels,
      geometry: pool,
      maximum: true,
      argmax: fused.argmax,
      epilogue,
      x: whole,
      y: yView,
    };
    lowering.dispatch(poolFamily, pooling, [z, STATE, y, argmax]);
  },
};

/** The gradients of filter and bias from that of the pooled output; `dense` is that of each pixel, where somebody needs it anyway. */
const filterGradientOperation: Operation<FilterGradientAttributes & Pooled> = {
  name: 'conv2dPoolFilterGradient',
  infer: inferFilterGradient,
  lower(node, lowering) {
    const { argmax, dense } = node.inputs;
    const x = required(node, 'x');
    const dy = required(node, 'dy');
    const { xShape, filterShape } = node.attributes;
    const { shape, pool } = windowsOf(xShape, filterShape, node.attributes);
    const { problem, filter, bias } = filterGradientParts(node, lowering);
    const dyView = lowering.view(dy);
    const fused = { ...problem, pool, dy: dyView };
    if (lowering.dispatchFused(conv2dPoolFilterGradientFamily, fused, [x, dy, argmax, filter, bias])) return;
    if (dense) {
      lowering.dispatch(filterGradientFamily, { ...problem, dy: lowering.view(dense) }, [x, dense, filter, bias]);
      return;
    }
    const size = elements(shape);
    const whole = contiguous(shape, size, dyView.type);
    const dz = lowering.scratch(size * lowering.replicas, dyView.type);
    const { replicas, batch, outputChannels: channels } = problem;
    const windows = { geometry: pool, maximum: true, argmax: true, epilogue: NO_EPILOGUE };
    lowering.dispatch(poolGradientFamily, { replicas, batch, channels, ...windows, x: dyView, y: whole }, [
      dy,
      argmax,
      undefined,
      STATE,
      dz,
    ]);
    lowering.dispatch(filterGradientFamily, { ...problem, dy: whole }, [x, dz, filter, bias]);
  },
};
