import type { Activation } from '../core/activation.ts';
import type { Padding, Pair } from '../core/geometry.ts';

/** How a parameter is filled before training; see initialise.ts for the distributions. */
export type Init =
  | { readonly type: 'normal'; readonly stddev: number }
  | { readonly type: 'truncatedNormal'; readonly stddev: number }
  | { readonly type: 'heNormal' }
  | { readonly type: 'glorotUniform' }
  | { readonly type: 'zeros' }
  | { readonly type: 'constant'; readonly value: number };

interface Named {
  /** Without one, the layer is numbered by its type: `conv2d_1`. */
  readonly name?: string;
}

/** What layers with a weight tensor and a bias share. `activation` absent: none. */
interface Weighted extends Named {
  readonly bias: boolean;
  readonly activation?: Activation;
  readonly init: Init;
  readonly biasInit: Init;
  /** L2 decay of the weights; biases are not decayed. */
  readonly weightDecay: number;
}

interface Convolution extends Weighted {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilations: Pair;
}

interface Pooling extends Named {
  readonly size: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
}

export interface Conv2dLayer extends Convolution {
  readonly type: 'conv2d';
  readonly filters: number;
  readonly groups: number;
}
/** Each input channel c has filters of its own, which make the output channels c * multiplier + m. */
export interface DepthwiseConv2dLayer extends Convolution {
  readonly type: 'depthwiseConv2d';
  readonly multiplier: number;
}
export interface MaxPool2dLayer extends Pooling {
  readonly type: 'maxPool2d';
}
export interface AvgPool2dLayer extends Pooling {
  readonly type: 'avgPool2d';
}
export interface GlobalAvgPool2dLayer extends Named {
  readonly type: 'globalAvgPool2d';
}
export interface DenseLayer extends Weighted {
  readonly type: 'dense';
  readonly units: number;
}
export interface FlattenLayer extends Named {
  readonly type: 'flatten';
}
export interface DropoutLayer extends Named {
  readonly type: 'dropout';
  readonly rate: number;
}
/** `momentum` is the share of the old average that the running statistics keep. */
export interface BatchNormLayer extends Named {
  readonly type: 'batchNorm';
  readonly momentum: number;
  readonly epsilon: number;
}
export interface ActivationLayer extends Named {
  readonly type: 'activation';
  readonly activation: Activation;
}
/** The paths see the same input; their outputs are joined on the last axis. An empty path is the identity. */
export interface BranchLayer extends Named {
  readonly type: 'branch';
  readonly paths: readonly (readonly Layer[])[];
}
/** x + layers(x). */
export interface ResidualLayer extends Named {
  readonly type: 'residual';
  readonly layers: readonly Layer[];
}

/** A layer that holds no others. */
export type SimpleLayer =
  | Conv2dLayer
  | DepthwiseConv2dLayer
  | MaxPool2dLayer
  | AvgPool2dLayer
  | GlobalAvgPool2dLayer
  | DenseLayer
  | FlattenLayer
  | DropoutLayer
  | BatchNormLayer
  | ActivationLayer;

/** One layer of a model, with every option but `name` and `activation` present. */
export type Layer = SimpleLayer | BranchLayer | ResidualLayer;

export type LayerType = Layer['type'];

/** An image [height, width, channels] or a vector [size], without the batch axis. */
export type InputShape = readonly [number, number, number] | readonly [number];

/** An architecture as plain, deeply frozen data; JSON and back is the same model. */
export interface Model {
  readonly format: 1;
  readonly input: InputShape;
  readonly layers: readonly Layer[];
}
