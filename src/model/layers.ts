import type { Activation } from '../core/activation.ts';
import type { Padding, Pair } from '../core/geometry.ts';
import { completeOne } from './complete.ts';
import { asFields } from './fields.ts';
import { deepFreeze } from './freeze.ts';
import type {
  ActivationLayer,
  AvgPool2dLayer,
  BatchNormLayer,
  BranchLayer,
  Conv2dLayer,
  DenseLayer,
  DepthwiseConv2dLayer,
  DropoutLayer,
  FlattenLayer,
  GlobalAvgPool2dLayer,
  Init,
  Layer,
  LayerType,
  MaxPool2dLayer,
  ResidualLayer,
} from './types.ts';

type Size = number | Pair;

export interface DenseOptions {
  readonly bias?: boolean;
  readonly activation?: Activation;
  readonly init?: Init;
  readonly biasInit?: Init;
  readonly weightDecay?: number;
  readonly name?: string;
}
export interface DepthwiseConv2dOptions extends DenseOptions {
  readonly strides?: Size;
  readonly padding?: Padding;
  readonly dilations?: Size;
  readonly multiplier?: number;
}
export interface Conv2dOptions extends Omit<DepthwiseConv2dOptions, 'multiplier'> {
  readonly groups?: number;
}
export interface PoolOptions {
  readonly strides?: Size;
  readonly padding?: Padding;
  readonly name?: string;
}
export interface BatchNormOptions {
  readonly momentum?: number;
  readonly epsilon?: number;
  readonly name?: string;
}

export function conv2d(filters: number, kernel: Size, options: Conv2dOptions = {}): Conv2dLayer {
  return layer('conv2d', options, { filters, kernel });
}

export function depthwiseConv2d(kernel: Size, options: DepthwiseConv2dOptions = {}): DepthwiseConv2dLayer {
  return layer('depthwiseConv2d', options, { kernel });
}

export function maxPool2d(size: Size, options: PoolOptions = {}): MaxPool2dLayer {
  return layer('maxPool2d', options, { size });
}

export function avgPool2d(size: Size, options: PoolOptions = {}): AvgPool2dLayer {
  return layer('avgPool2d', options, { size });
}

export function globalAvgPool2d(): GlobalAvgPool2dLayer {
  return layer('globalAvgPool2d', {}, {});
}

export function dense(units: number, options: DenseOptions = {}): DenseLayer {
  return layer('dense', options, { units });
}

export function flatten(): FlattenLayer {
  return layer('flatten', {}, {});
}

export function dropout(rate: number): DropoutLayer {
  return layer('dropout', {}, { rate });
}

export function batchNorm(options: BatchNormOptions = {}): BatchNormLayer {
  return layer('batchNorm', options, {});
}

export function activation(kind: Activation): ActivationLayer {
  return layer('activation', {}, { activation: kind });
}

/** Paths over the same input, joined on the last axis; [] is the identity. */
export function branch(...paths: readonly (readonly Layer[])[]): BranchLayer {
  return layer('branch', {}, { paths });
}

/** x + layers(x). */
export function residual(...layers: readonly Layer[]): ResidualLayer {
  return layer('residual', {}, { layers });
}

function layer<T extends LayerType>(type: T, options: object, given: object): Extract<Layer, { type: T }> {
  const complete = completeOne(type, { ...asFields(type, 'the options', options), ...given });
  return deepFreeze(complete) as Extract<Layer, { type: T }>;
}
