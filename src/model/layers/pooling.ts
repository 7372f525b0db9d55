import { type Padding, type Pair, windowGeometry } from '../../core/geometry.ts';
import type { Shape } from '../../core/value.ts';
import * as field from '../fields.ts';
import type { NamedLayer } from './definition.ts';
import { image } from './image.ts';

/** What the poolings of a window share. */
export interface PoolingLayer extends NamedLayer {
  readonly size: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
}

export interface PoolOptions {
  readonly strides?: number | Pair;
  readonly padding?: Padding;
  readonly name?: string;
}

export const POOLING_FIELDS = ['size', 'strides', 'padding'] as const;

export function poolingFields(where: string, fields: field.Fields) {
  const size = field.pair(where, 'size', fields.size);
  return { size, strides: field.pair(where, 'strides', fields.strides ?? size), padding: field.padding(where, fields.padding) };
}

export function pooledShape(where: string, layer: PoolingLayer, input: Shape): Shape {
  const [height, width, channels] = image(where, input);
  const window = windowGeometry(where, [height, width], layer.size, layer.strides, layer.padding);
  return [window.outputHeight, window.outputWidth, channels];
}
