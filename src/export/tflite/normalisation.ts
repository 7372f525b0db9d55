import type { Constant, LayerNormOperation } from '../../deploy/operations.ts';
import type { Subgraph, TensorIndex } from './subgraph.ts';

/** scale x + offset, by channel. */
export function scaled(subgraph: Subgraph, x: TensorIndex, scale: Constant, offset: Constant): TensorIndex {
  const shape = subgraph.shapeOf(x);
  return subgraph.add('ADD', [subgraph.add('MUL', [x, subgraph.vector(scale)], shape), subgraph.vector(offset)], shape);
}

/** By its parts: the format has no such operator. */
export function layerNorm(subgraph: Subgraph, { over, epsilon, scale, offset }: LayerNormOperation, x: TensorIndex): TensorIndex {
  const shape = subgraph.shapeOf(x);
  const axes = over === 'channels' ? [shape.length - 1] : shape.slice(1).map((_, axis) => axis + 1);
  const reduced = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const mean = (values: TensorIndex) => subgraph.add('MEAN', [values, subgraph.integers(axes)], reduced, { keepDimensions: 1 });
  const centre = mean(x);
  const variance = mean(subgraph.add('SQUARED_DIFFERENCE', [x, centre], shape));
  const inverse = subgraph.add('RSQRT', [subgraph.add('ADD', [variance, subgraph.scalar(epsilon)], reduced)], reduced);
  const normalised = subgraph.add('MUL', [subgraph.add('SUB', [x, centre], shape), inverse], shape);
  return scaled(subgraph, normalised, scale, offset);
}
