import type { Shape } from '../core/value.ts';

/** A dense float64 array in row-major order. */
export interface Tensor64 {
  readonly shape: Shape;
  readonly data: Float64Array;
}

export type Tensors64 = Readonly<Record<string, Tensor64>>;
export type Attributes = Readonly<Record<string, unknown>>;

/** An operation on the CPU in float64: what the GPU's results are held against. Inputs and attributes are those of docs/api.md. */
export interface Reference {
  forward(inputs: Tensors64, attributes: Attributes): Tensor64;
  /** The gradient of sum(outputGradient * output), one tensor for each differentiable input that was given. */
  gradient(inputs: Tensors64, outputGradient: Tensor64, attributes: Attributes): Record<string, Tensor64>;
}
