import type { ElementwiseActivation } from '../core/activation.ts';
import type { Pair, WindowGeometry } from '../core/geometry.ts';
import type { Shape } from '../core/value.ts';

/** A value on its way through a network: [height, width, channels] or [size] of one sample, without the batch axis. */
export interface ExportTensor {
  /** `<layer>/<operation>` of what makes it, `input` for the network's. Unique among tensors and constants. */
  readonly name: string;
  readonly shape: Shape;
}

/** Numbers that stay as they are, every one finite. */
export interface Constant {
  /** `<layer>/<role>`, as the weights have it. */
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array;
}

interface Operation<Type extends string, Inputs extends readonly ExportTensor[] = readonly [ExportTensor]> {
  readonly type: Type;
  /** The name of the layer that it comes from, which errors tell. */
  readonly layer: string;
  readonly inputs: Inputs;
  readonly output: ExportTensor;
}

/** Filter [KH,KW,C/groups,K], output channel k of group floor(k / (K / groups)); depthwise where there are as many groups as channels. */
export interface Conv2dOperation extends Operation<'conv2d'> {
  readonly filter: Constant;
  readonly bias: Constant | undefined;
  readonly window: WindowGeometry;
  readonly groups: number;
}

/** Filter [KH,KW,OUT/groups,IN]. `window` is of the convolution whose way back it is: that one's input is the output of this. */
export interface Conv2dTransposeOperation extends Operation<'conv2dTranspose'> {
  readonly filter: Constant;
  readonly bias: Constant | undefined;
  readonly window: WindowGeometry;
  readonly groups: number;
}

/** Weights [IN,OUT]. */
export interface DenseOperation extends Operation<'dense'> {
  readonly weights: Constant;
  readonly bias: Constant | undefined;
}

/** Padding never wins a maximum, and is not counted in an average. A global pooling has a window as large as its input, and a reshape behind it. */
export interface PoolOperation extends Operation<'maxPool2d' | 'avgPool2d'> {
  readonly window: WindowGeometry;
}

/** scale x + offset, by channel [C]: a batch normalisation that no weights could take in. */
export interface ScaleOffsetOperation extends Operation<'scaleOffset'> {
  readonly scale: Constant;
  readonly offset: Constant;
}

/** scale (x - mean) / sqrt(variance + epsilon) + offset, over the channels of a pixel or all of a sample; scale and offset [C], or [1] for all. */
export interface LayerNormOperation extends Operation<'layerNorm'> {
  readonly over: 'channels' | 'sample';
  readonly epsilon: number;
  readonly scale: Constant;
  readonly offset: Constant;
}

/** x where positive, else slope x, with a slope for each channel [C]. */
export interface PreluOperation extends Operation<'prelu'> {
  readonly slope: Constant;
}

/** Never `linear`. */
export interface ActivationOperation extends Operation<'activation'> {
  readonly activation: ElementwiseActivation;
}

/** Over the last axis. */
export type SoftmaxOperation = Operation<'softmax'>;

/** On the last axis. */
export type ConcatOperation = Operation<'concat', readonly ExportTensor[]>;

/** Element by element; sizes of 1 are repeated: [H,W,C] and [1,1,C]. */
export type ArithmeticOperation = Operation<'add' | 'multiply', readonly [ExportTensor, ExportTensor]>;

/** Each pixel repeated so often downwards and to the right. */
export interface UpsampleOperation extends Operation<'upsample2d'> {
  readonly factor: Pair;
}

/** Channel j of group i becomes channel i of j. */
export interface ChannelShuffleOperation extends Operation<'channelShuffle'> {
  readonly groups: number;
}

/** The same elements in row-major order (channels last) under the output's shape. */
export type ReshapeOperation = Operation<'reshape'>;

/** One operation of inference. Activations stand alone, behind what they follow. */
export type ExportOperation =
  | Conv2dOperation
  | Conv2dTransposeOperation
  | DenseOperation
  | PoolOperation
  | ScaleOffsetOperation
  | LayerNormOperation
  | PreluOperation
  | ActivationOperation
  | SoftmaxOperation
  | ConcatOperation
  | ArithmeticOperation
  | UpsampleOperation
  | ChannelShuffleOperation
  | ReshapeOperation;

/** A network with its weights as a straight list of operations, each behind those whose outputs it reads. */
export interface ExportGraph {
  readonly input: ExportTensor;
  /** The input itself, where the model does nothing to it. */
  readonly output: ExportTensor;
  readonly operations: readonly ExportOperation[];
  /** All that the operations read; weights that are shared or repeated are there once. */
  readonly constants: readonly Constant[];
}
