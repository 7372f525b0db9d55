import type { Shape, Value } from '../core/value.ts';
import type { InputDescription } from '../data/input-description.ts';
import type { Model } from '../model/types.ts';

/** Bits of a weight: an integer in [-(2^(bits-1) - 1), 2^(bits-1) - 1]. */
export type WeightBits = 8 | 6 | 5 | 4 | 3 | 2;
/** Bits of the values between layers: an integer in [-128, 127], or float32. */
export type ActivationBits = 8 | 'float';

export interface Bits {
  readonly weights: WeightBits;
  readonly activations: ActivationBits;
}

/** value = scale * integer, with a scale for each position along an axis: the output channel. */
export interface QuantizedTensor {
  readonly shape: Shape;
  /** Of weights Int8Array, whatever their bits; of biases Int32Array. */
  readonly integers: Int8Array | Int32Array;
  readonly axis: number;
  /** Above 0, as many as the axis is long. */
  readonly scales: Float32Array;
}

/** value = scale * (integer - zeroPoint). */
export interface ActivationScale {
  /** A float32 above 0. */
  readonly scale: number;
  /** In [-128, 127]. */
  readonly zeroPoint: number;
}

/** A network in integers, as plain data. */
export interface QuantizedModel {
  /** As it leaves: without batch normalisation (src/deploy/deployed.ts). */
  readonly model: Model;
  /**
   * Every parameter of `model` by name. Integers are the filters and weights of convolutions and dense layers, and, with activations of 8
   * bits, their biases, at the scale of the layer's input times that of the weights; all else are floats.
   */
  readonly weights: ReadonlyMap<string, QuantizedTensor | Value>;
  readonly bits: Bits;
  /**
   * Of each value that is kept, by its name in `exportGraph(model, ...)`: `input`, `conv2d_1/relu`. Not of what a ReLU or ReLU6 takes in
   * the same step, nor where activations are floats.
   */
  readonly activations: ReadonlyMap<string, ActivationScale>;
  /** Sums are rounded once. Twice: those of a network of before, so that it computes what it was evaluated with. */
  readonly rounding?: 'twice';
  /** What the model takes and what its classes are called. */
  readonly input?: InputDescription;
}

export function isQuantizedTensor(tensor: QuantizedTensor | Value): tensor is QuantizedTensor {
  return 'integers' in tensor;
}

/** The largest integer of a weight. */
export function largestInteger(bits: WeightBits): number {
  return 2 ** (bits - 1) - 1;
}
