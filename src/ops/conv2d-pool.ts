import { definitionOf } from '../core/activations/registry.ts';
import type { WindowGeometry } from '../core/geometry.ts';
import { elements, type Shape } from '../core/value.ts';
import { STATE } from '../graph/operation.ts';
import { apply, contiguous, first, type Node, required, type Tensor } from '../graph/tensor.ts';
import { conv2dFamily, conv2dPoolFamily, poolFamily } from '../kernels/forward.ts';
import { argmaxWords } from '../kernels/pool/problem.ts';
import { convolution } from './conv2d.ts';
import { type ConvolutionAttributes, type ConvolutionWindow, convolutionGeometry, convolutionParts } from './convolution.ts';
import type { DifferentiableOperation } from './differentiable.ts';
import { absorbEpilogue, NO_EPILOGUE, type WithEpilogue } from './epilogue.ts';
import { type PoolWindow, poolGeometry } from './pool-window.ts';
import { POINTWISE, separable } from './separable.ts';

export interface Pooled {
  readonly pool: PoolWindow;
}

/**
 * The joint node of a convolution and the maximum pooling of its output, where windows tile that output from its corner: the
 * output itself is then nowhere needed, as an activation's derivative can be read from the pooled one. Undefined for other pairs.
 * The epilogue then follows the maximum, which an activation that never decreases allows.
 */
export function joinConvolution(node: Node, pool: PoolWindow): readonly Tensor[] | undefined {
  const { operation, inputs, attributes } = node.operation === separable ? apart(node) : node;
  if (operation !== convolution) return undefined;
  const { epilogue, ...window } = attributes as ConvolutionWindow & WithEpilogue;
  if (epilogue.gradient || epilogue.dropout || window.groups !== 1) return undefined;
  if (!definitionOf(epilogue.activation.kind).monotone) return undefined;
  const joint = { ...window, pool, epilogue };
  const { size, strides } = pool;
  const { top, left } = pooledGeometries(inputs, joint).pool;
  if (top > 0 || left > 0 || strides[0] !== size[0] || strides[1] !== size[1]) return undefined;
  return apply(convolutionWithPooling, inputs, joint).outputs;
}

/** The convolution of single pixels of a joint node, with the depthwise one in front as a node of its own. */
function apart({ inputs, attributes }: Node): Node {
  const { x, depthwise, ...own } = inputs;
  const { epilogue, ...window } = attributes as ConvolutionAttributes;
  const between = first(apply(convolution, { x, filter: depthwise }, { ...window, epilogue: NO_EPILOGUE }));
  return first(apply(convolution, { ...own, x: between }, { ...POINTWISE, epilogue })).node;
}

export function pooledGeometries(inputs: Node['inputs'], attributes: ConvolutionWindow & Pooled) {
  const [xShape, filterShape] = [inputs.x?.shape ?? [], inputs.filter?.shape ?? []];
  return pooledWindows(xShape, filterShape, attributes);
}

/** The shape of the convolution's output, and the geometry of its pooling. */
export function pooledWindows(
  xShape: Shape,
  filterShape: Shape,
  attributes: ConvolutionWindow & Pooled,
): { shape: Shape; pool: WindowGeometry } {
  const { outputHeight, outputWidth } = convolutionGeometry(xShape, filterShape, attributes);
  const shape = [xShape[0] ?? 0, outputHeight, outputWidth, filterShape[3] ?? 0];
  return { shape, pool: poolGeometry(shape, attributes.pool) };
}

/** Outputs: the pooled values, and which pixel of each window won. */
export const convolutionWithPooling: DifferentiableOperation<ConvolutionWindow & Pooled & WithEpilogue> = {
  name: 'conv2dPool',
  infer(inputs, attributes) {
    const { shape, pool } = pooledGeometries(inputs, attributes);
    const [batch = 0, , , channels = 0] = shape;
    const pixels = [batch, pool.outputHeight, pool.outputWidth];
    return [{ shape: [...pixels, channels] }, { shape: [...pixels, argmaxWords(channels, pool)], type: 'u32' }];
  },
  absorb: (node, request) => (request.epilogue.gradient ? undefined : absorbEpilogue(node, request)),
  lower(node, lowering) {
    const x = required(node, 'x');
    const y = first(node);
    const { shape, pool } = pooledGeometries(node.inputs, node.attributes);
    const { epilogue } = node.attributes;
    const { problem, filter, bias } = convolutionParts(
      lowering,
      { ...node.inputs, filter: required(node, 'filter') },
      node.attributes,
      x.shape,
    );
    const [xView, yView] = [lowering.view(x), lowering.view(y)];
    const argmax = lowering.isLive(node.outputs[1]) ? node.outputs[1] : undefined;
    const fused = { ...problem, pool, argmax: argmax !== undefined, epilogue, x: xView, y: yView };
    if (lowering.dispatchFused(conv2dPoolFamily, fused, () => [x, filter, bias, STATE, y, argmax])) return;

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
