import type { ElementwiseActivation } from '../core/activation.ts';
import type { Pair, WindowGeometry } from '../core/geometry.ts';
import type { Shape } from '../core/value.ts';
import type { Multiplier, Rounding } from './fixed-point.ts';
import type { ActivationScale } from './types.ts';

/** Integers of 8 bits on their way through a network: [height, width, channels] or [size] of one sample. */
export interface IntegerTensor extends ActivationScale {
  readonly name: string;
  readonly shape: Shape;
}

/** Integers that stay as they are. */
export interface IntegerConstant<Data extends Int8Array | Int32Array> {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Data;
  /** One for each output channel. */
  readonly scales: Float32Array;
}

interface Operation<Type extends string, Inputs extends readonly IntegerTensor[] = readonly [IntegerTensor]> {
  readonly type: Type;
  readonly layer: string;
  readonly inputs: Inputs;
  readonly output: IntegerTensor;
}

/** The bounds of what comes out: [-128, 127], or those of a ReLU or ReLU6 within. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
  /** What they are of; 'linear' for neither. */
  readonly clamp: 'relu' | 'relu6' | 'linear';
}

/** y = clamp(zero of y + multiplier[k] (bias[k] + sum of (x - zero of x) w)), output channel k. */
interface Linear extends Bounds {
  readonly weights: IntegerConstant<Int8Array>;
  readonly bias: IntegerConstant<Int32Array> | undefined;
  /** One for each output channel. */
  readonly multipliers: readonly Multiplier[];
}

/** Filter [KH,KW,C/groups,K]. Padding is zero of x. */
export interface IntegerConv2d extends Operation<'conv2d'>, Linear {
  readonly window: WindowGeometry;
  readonly groups: number;
}

/** Weights [IN,OUT]. */
export interface IntegerDense extends Operation<'dense'>, Linear {}

/** Padding is not seen. An average is rounded to the nearest, halves away from 0. */
export interface IntegerPool extends Operation<'maxPool2d' | 'avgPool2d'> {
  readonly window: WindowGeometry;
}

/** y = clamp(zero of y + out (a 2^20 (x0 - zero of x0) + b 2^20 (x1 - zero of x1))); sizes of 1 are repeated. */
export interface IntegerAdd extends Operation<'add', readonly [IntegerTensor, IntegerTensor]>, Bounds {
  readonly factors: readonly [Multiplier, Multiplier];
  readonly out: Multiplier;
}

/** y = clamp(zero of y + multiplier (x0 - zero of x0) (x1 - zero of x1)); sizes of 1 are repeated. */
export interface IntegerMultiply extends Operation<'multiply', readonly [IntegerTensor, IntegerTensor]>, Bounds {
  readonly multiplier: Multiplier;
}

/** An activation: table[x + 128]. */
export interface IntegerLookup extends Operation<'lookup'> {
  readonly activation: ElementwiseActivation;
  /** 256 results. */
  readonly table: Int8Array;
}

export type IntegerConcat = Operation<'concat', readonly IntegerTensor[]>;
export type IntegerReshape = Operation<'reshape'>;
export interface IntegerUpsample extends Operation<'upsample2d'> {
  readonly factor: Pair;
}
export interface IntegerShuffle extends Operation<'channelShuffle'> {
  readonly groups: number;
}

export type IntegerOperation =
  | IntegerConv2d
  | IntegerDense
  | IntegerPool
  | IntegerAdd
  | IntegerMultiply
  | IntegerLookup
  | IntegerConcat
  | IntegerReshape
  | IntegerUpsample
  | IntegerShuffle;

/** A network in integers alone: what the engine, the reference, C and TensorFlow Lite compute alike. */
export interface IntegerGraph {
  readonly input: IntegerTensor;
  readonly output: IntegerTensor;
  readonly operations: readonly IntegerOperation[];
  /** Of every product with a factor. */
  readonly rounding: Rounding;
}

/** What an addition's operands are shifted to the left by, for the precision of their factors. */
export const ADD_SHIFT = 20;
