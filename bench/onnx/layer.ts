/** A forward layer as ONNX has it, in NCHW: operator, attributes and shapes. */
export interface OnnxLayer {
  readonly operator: 'Conv' | 'Gemm' | 'MaxPool' | 'AveragePool' | 'Softmax' | 'Flatten';
  readonly attributes: Readonly<Record<string, number | readonly number[]>>;
  /** Given anew at each run. */
  readonly inputs: readonly (readonly number[])[];
  /** Parts of the model. */
  readonly weights: readonly (readonly number[])[];
  /** A rectifier behind it. */
  readonly relu: boolean;
}
