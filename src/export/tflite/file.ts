import type { OperatorName, TensorType } from './schema.ts';

/** A file as plain data: one subgraph, in which tensors are told by their position in the list. */
export interface TfliteFile {
  readonly tensors: readonly TfliteTensor[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly operators: readonly TfliteOperator[];
  readonly metadata: readonly { readonly name: string; readonly data: Uint8Array }[];
}

export interface TfliteTensor {
  readonly type: TensorType;
  readonly shape: readonly number[];
  /** A constant's elements, of its type; tensors of one array share a buffer. */
  readonly data?: Float32Array | Int32Array | Int8Array;
  readonly quantization?: Quantization;
}

/** value = scale * (integer - zeroPoint): one of each for the whole tensor, or for each position along a dimension. */
export interface Quantization {
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  readonly dimension: number;
}

export interface TfliteOperator {
  readonly operator: OperatorName;
  /** Tensors; -1 for one that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** By the schema's fields; what is left out has its default. */
  readonly options: Readonly<Record<string, number | readonly number[]>>;
}
