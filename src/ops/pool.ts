import { ShapeError } from '../core/errors.ts';
import { checkPadding, checkPair, type Padding, type Pair, type WindowGeometry, windowGeometry } from '../core/geometry.ts';
import { formatShape, type Shape } from '../core/value.ts';
import { type Operation, STATE } from '../graph/operation.ts';
import { apply, first, output, required, type Tensor } from '../graph/tensor.ts';
import { argmaxWords, poolFamily, poolGradientFamily } from '../kernels/pool.ts';
import { throughEpilogue } from './elementwise.ts';
import { absorbEpilogue, isPlain, NO_EPILOGUE, type WithEpilogue } from './epilogue.ts';
import { reshape } from './reshape.ts';

export interface PoolAttributes {
  readonly size: Pair;
  readonly strides?: Pair;
  readonly padding?: Padding;
}

interface WindowAttributes {
  readonly label: string;
  readonly maximum: boolean;
  readonly size: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
}

/** The largest element of each window of x [N,H,W,C]; padding never wins. */
export function maxPool2d({ x }: { x: Tensor }, attributes: PoolAttributes): Tensor {
  return pool('maxPool2d', true, x, attributes);
}

/** The mean of each window of x [N,H,W,C] over the elements that lie in the image. */
export function avgPool2d({ x }: { x: Tensor }, attributes: PoolAttributes): Tensor {
  return pool('avgPool2d', false, x, attributes);
}

/** The mean of each channel: [N,H,W,C] -> [N,C]. */
export function globalAvgPool2d({ x }: { x: Tensor }): Tensor {
  if (x.shape.length !== 4) throw new ShapeError(`globalAvgPool2d: 'x' must be [N, H, W, C], got ${formatShape(x.shape)}`);
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  return reshape(pool('globalAvgPool2d', false, x, { size: [height, width] }), [batch, channels]);
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

function geometryOf(shape: Shape, { label, size, strides, padding }: WindowAttributes): WindowGeometry {
  const [, height = 0, width = 0] = shape;
  const geometry = windowGeometry(label, [height, width], size, strides, padding);
  if (geometry.top >= size[0] || geometry.bottom >= size[0] || geometry.left >= size[1] || geometry.right >= size[1])
    throw new ShapeError(
      `${label}: padding ${formatShape([geometry.top, geometry.bottom, geometry.left, geometry.right])} leaves windows of size ${formatShape(size)} without any element; pad by less than the size`,
    );
  return geometry;
}

/** Outputs: the pooled values and, for the maximum, which taps won (packed, of no interest to anybody but the gradient). */
const poolOperation: Operation<WindowAttributes & WithEpilogue> = {
  name: 'pool',
  infer({ x }, attributes) {
    if (x?.shape.length !== 4)
      throw new ShapeError(`${attributes.label}: 'x' must be [N, H, W, C], got ${formatShape(x?.shape ?? [])}`);
    const [batch = 0, , , channels = 0] = x.shape;
    const geometry = geometryOf(x.shape, attributes);
    const pixels = [batch, geometry.outputHeight, geometry.outputWidth];
    return [
      { shape: [...pixels, channels] },
      ...(attributes.maximum ? [{ shape: [...pixels, argmaxWords(channels, geometry)], type: 'u32' as const }] : []),
    ];
  },
  gradient(node, [dy]) {
    const { epilogue, ...window } = node.attributes;
    if (!dy) return {};
    const dz = throughEpilogue(epilogue, dy, first(node));
    const attributes = { ...window, xShape: required(node, 'x').shape, epilogue: NO_EPILOGUE };
    return { x: first(apply(gradientOperation, { dy: dz, argmax: node.outputs[1] }, attributes)) };
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
      geometry: geometryOf(x.shape, node.attributes),
      maximum: node.attributes.maximum,
      argmax: lowering.isLive(argmax),
      epilogue: node.attributes.epilogue,
      x: lowering.view(x),
      y: lowering.view(y),
    };
    lowering.dispatch(poolFamily, problem, [x, STATE, y, problem.argmax ? argmax : undefined]);
  },
};

const gradientOperation: Operation<WindowAttributes & WithEpilogue & { readonly xShape: Shape }> = {
  name: 'poolGradient',
  infer: (_, { xShape }) => [{ shape: xShape }],
  absorb(node, request) {
    if (!node.attributes.maximum) return absorbEpilogue(node, request);
    // Where the maximum lies, the input equals the pooled output: the activation's derivative can be read from there, and the
    // input itself need not be kept.
    const { epilogue, saved } = request;
    const forward = node.inputs.argmax?.node;
    if (!forward || !epilogue.gradient || epilogue.dropout || forward.inputs.x !== saved) return undefined;
    if (!isPlain((forward.attributes as WithEpilogue).epilogue)) return undefined;
    return absorbEpilogue(node, { epilogue, saved: output(forward, 0) });
  },
  lower(node, lowering) {
    const { argmax, saved } = node.inputs;
    const dy = required(node, 'dy');
    const dx = first(node);
    const { xShape, maximum, epilogue } = node.attributes;
    const problem = {
      replicas: lowering.replicas,
      batch: xShape[0] ?? 0,
      channels: xShape[3] ?? 0,
      geometry: geometryOf(xShape, node.attributes),
      maximum,
      argmax: maximum,
      epilogue,
      x: lowering.view(dy),
      y: lowering.view(dx),
      saved: lowering.viewIf(saved),
    };
    lowering.dispatch(poolGradientFamily, problem, [dy, argmax, saved, STATE, dx]);
  },
};
