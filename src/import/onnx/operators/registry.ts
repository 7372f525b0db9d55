import type { Operator } from '../importer.ts';
import * as activations from './activations.ts';
import * as arithmetic from './arithmetic.ts';
import * as convolution from './convolution.ts';
import * as dense from './dense.ts';
import * as normalisation from './normalisation.ts';
import * as pooling from './pooling.ts';
import * as quantisation from './quantisation.ts';
import * as resize from './resize.ts';
import * as shape from './shape.ts';

const { GlobalAveragePool, GlobalMaxPool, ReduceMean, ReduceMax, MaxPool, AveragePool } = pooling;
const { Relu, Sigmoid, Tanh, HardSwish, LeakyRelu, Elu, Gelu, HardSigmoid, Clip, PRelu, Softmax, LogSoftmax } = activations;

/** Every operator that is read, by its name in the standard. */
export const operators: Readonly<Record<string, Operator>> = {
  ...{ Conv: convolution.Conv, ConvTranspose: convolution.ConvTranspose, Gemm: dense.Gemm, MatMul: dense.MatMul },
  ...{ MaxPool, AveragePool, GlobalAveragePool, GlobalMaxPool, ReduceMean, ReduceMax },
  ...{ Relu, Sigmoid, Tanh, HardSwish, LeakyRelu, Elu, Gelu, HardSigmoid, Clip, PRelu, Softmax, LogSoftmax },
  ...arithmetic,
  ...normalisation,
  ...quantisation,
  ...resize,
  ...shape,
};
