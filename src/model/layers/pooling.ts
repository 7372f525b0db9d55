import type { Padding, Pair } from '../../core/geometry.ts';
import type { Shape } from '../../core/value.ts';
import { poolGeometry } from '../../ops/pool-window.ts';
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

export function pooledShape(where: string, { size, strides, padding }: PoolingLayer, input: Shape): Shape {
  const { outputHeight, outputWidth } = poolGeometry([1, ...image(where, input)], { label: where, size, strides, padding });
  return [outputHeight, outputWidth, input.at(-1) ?? 1];
}
