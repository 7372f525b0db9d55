import { OptionError, ShapeError } from '../core/errors.ts';
import { checkFloat32 } from '../core/float32.ts';
import { shown } from '../core/shown.ts';
import { elements, formatShape, type Shape, sameShape } from '../core/value.ts';
import { apply, channelsOf, first, output, required, type Tensor } from '../graph/tensor.ts';
import { normalizeFamily } from '../kernels/forward.ts';
import { calculated } from './calculation.ts';
import type { DifferentiableOperation } from './differentiable.ts';

export interface LayerNormAttributes {
  /** What is normalised together: the channels of one pixel, or all of one sample ['channels']. */
  readonly axes?: 'channels' | 'sample';
  /** Added to the variance [1e-3]. */
  readonly epsilon?: number;
}

/** scale (x - mean) / sqrt(variance + epsilon) + offset, with a scale and offset for each channel or one for all. */
export function layerNorm(inputs: { x: Tensor; scale: Tensor; offset: Tensor }, attributes: LayerNormAttributes = {}): Tensor {
  const { x, scale, offset } = inputs;
  const { axes = 'channels', epsilon = 1e-3 } = attributes;
  if (axes !== 'channels' && axes !== 'sample')
    throw new OptionError(`layerNorm: axes must be 'channels' or 'sample', got ${shown(axes)}`);
  if (typeof epsilon !== 'number' || !(epsilon > 0))
    throw new OptionError(`layerNorm: epsilon must be positive, got ${shown(epsilon)}`);
  checkFloat32('layerNorm: epsilon', epsilon);
  if (x.shape.length < 2) throw new ShapeError(`layerNorm: 'x' must be [N, ..., C], got ${formatShape(x.shape)}`);
  const channels = channelsOf(x.shape);
  for (const [name, { shape }] of Object.entries({ scale, offset }))
    if (!sameShape(shape, [channels]) && !sameShape(shape, [1]) && shape.length > 0)
      throw new ShapeError(
        `layerNorm: '${name}' must be ${formatShape([channels])}, or [1] or [] for all channels, for 'x' ${formatShape(x.shape)}, got ${formatShape(shape)}`,
      );
  const length = axes === 'channels' ? channels : elements(x.shape.slice(1));
  const normalised = first(apply(normalizeOperation, { x }, { length, epsilon }));
  return calculated('layerNorm', 'multiplyAdd', { a: normalised, b: scale, c: offset });
}

export interface NormalizeAttributes {
  /** Neighbouring elements that are normalised together. */
  readonly length: number;
  readonly epsilon: number;
}

/** Outputs: the normalised values, and 1 / sqrt(variance + epsilon) of each group. */
export const normalizeOperation: DifferentiableOperation<NormalizeAttributes> = {
  name: 'normalize',
  infer({ x }, { length }) {
    const shape: Shape = x?.shape ?? [];
    return [{ shape }, { shape: [elements(shape) / length], type: 'f32' }];
  },
  lower(node, lowering) {
    const x = required(node, 'x');
    const y = first(node);
    const problem = { ...node.attributes, replicas: lowering.replicas, x: lowering.view(x), y: lowering.view(y) };
    lowering.dispatch(normalizeFamily, problem, [x, undefined, undefined, output(node, 1), y]);
  },
};
