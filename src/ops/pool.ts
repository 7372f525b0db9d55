import { ShapeError } from '../core/errors.ts';
import { checkPadding, checkPair, type Padding, type Pair } from '../core/geometry.ts';
import { formatShape } from '../core/value.ts';
import { STATE } from '../graph/operation.ts';
import { apply, first, required, type Tensor } from '../graph/tensor.ts';
import { poolFamily } from '../kernels/forward.ts';
import { argmaxWords } from '../kernels/pool/problem.ts';
import { joinConvolution } from './conv2d-pool.ts';
import type { DifferentiableOperation } from './differentiable.ts';
import { absorbEpilogue, isPlain, NO_EPILOGUE, type WithEpilogue } from './epilogue.ts';
import { type PoolWindow, poolGeometry } from './pool-window.ts';
import { reshape } from './reshape.ts';

export interface PoolAttributes {
  readonly size: Pair;
  readonly strides?: Pair;
  readonly padding?: Padding;
}

export function maxPool2d(inputs: { x: Tensor }, attributes: PoolAttributes): Tensor {
  return pool('maxPool2d', true, inputs.x, attributes);
}

export function avgPool2d(inputs: { x: Tensor }, attributes: PoolAttributes): Tensor {
  return pool('avgPool2d', false, inputs.x, attributes);
}

export function globalAvgPool2d(inputs: { x: Tensor }): Tensor {
  return globalPool('globalAvgPool2d', false, inputs.x);
}

export function globalMaxPool2d(inputs: { x: Tensor }): Tensor {
  return globalPool('globalMaxPool2d', true, inputs.x);
}

function globalPool(label: string, maximum: boolean, x: Tensor): Tensor {
  if (x.shape.length !== 4) throw new ShapeError(`${label}: 'x' must be [N, H, W, C], got ${formatShape(x.shape)}`);
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  return reshape(pool(label, maximum, x, { size: [height, width] }), [batch, channels]);
}

function pool(label: string, maximum: boolean, x: Tensor, { size, strides, padding }: PoolAttributes): Tensor {
  const window = checkPair(label, 'size', size);
  const attributes = {
    label,
    maximum,
    size: window,
    strides: checkPair(label, 'strides', strides ?? window),
    padding: checkPadding(label, padding ?? 'valid'),
    epilogue: NO_EPILOGUE,
  };
  return first(apply(poolOperation, { x }, attributes));
}

export type PoolingAttributes = PoolWindow & WithEpilogue & { readonly maximum: boolean };

/** Outputs: the pooled values and, for the maximum, which taps won (packed, of no interest to anybody but the gradient). */
export const poolOperation: DifferentiableOperation<PoolingAttributes> = {
  name: 'pool',
  infer({ x }, attributes) {
    if (x?.shape.length !== 4)
      throw new ShapeError(`${attributes.label}: 'x' must be [N, H, W, C], got ${formatShape(x?.shape ?? [])}`);
    const [batch = 0, , , channels = 0] = x.shape;
    const geometry = poolGeometry(x.shape, attributes);
    const pixels = [batch, geometry.outputHeight, geometry.outputWidth];
    return [
      { shape: [...pixels, channels] },
      ...(attributes.maximum ? [{ shape: [...pixels, argmaxWords(channels, geometry)], type: 'u32' as const }] : []),
    ];
  },
  fuse(node, soleUser) {
    const x = required(node, 'x');
    const { maximum, epilogue, ...window } = node.attributes;
    return maximum && isPlain(epilogue) && soleUser(x) ? joinConvolution(x.node, window) : undefined;
  },
  absorb: (node, request) => (request.epilogue.gradient ? undefined : absorbEpilogue(node, request)),
  lower(node, lowering) {
    const x = required(node, 'x');
    const y = first(node);
    const argmax = node.outputs[1];
    const problem = {
      replicas: lowering.replicas,
      batch: x.shape[0] ?? 0,
      channels: x.shape[3] ?? 0,
      geometry: poolGeometry(x.shape, node.attributes),
      maximum: node.attributes.maximum,
      argmax: lowering.isLive(argmax),
      epilogue: node.attributes.epilogue,
      x: lowering.view(x),
      y: lowering.view(y),
    };
    lowering.dispatch(poolFamily, problem, [x, STATE, y, problem.argmax ? argmax : undefined]);
  },
};
