import type { WindowGeometry } from '../../core/geometry.ts';
import type { Shape } from '../../core/value.ts';
import type { Subgraph, TensorIndex } from './subgraph.ts';
import { type FormatPadding, type Sides, sidesOf } from './windows.ts';

/** The input, with `value` around it where its padding has no name in the format, and the padding that is left to the operator. */
export function padded(
  subgraph: Subgraph,
  x: TensorIndex,
  window: WindowGeometry,
  named: FormatPadding | undefined,
  value: number,
): readonly [TensorIndex, FormatPadding] {
  if (named) return [x, named];
  const sides = sidesOf(window);
  const paddings = subgraph.integers([0, 0, ...sides, 0, 0], [4, 2]);
  const shape = paddedShape(subgraph.shapeOf(x), sides);
  if (value === 0) return [subgraph.add('PAD', [x, paddings], shape), 'valid'];
  return [subgraph.add('PADV2', [x, paddings, subgraph.scalar(value)], shape), 'valid'];
}

function paddedShape([batch = 1, height = 1, width = 1, channels = 1]: Shape, [top, bottom, left, right]: Sides): Shape {
  return [batch, height + top + bottom, width + left + right, channels];
}
