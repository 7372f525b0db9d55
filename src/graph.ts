// paredown/graph: the graph layer, for losses and layers of one's own.

export type { Tensor } from './graph/tensor.ts';
export type { ParameterOptions, Program, ProgramOptions } from './program/program.ts';
export {
  add,
  avgPool2d,
  batchNorm,
  binaryCrossEntropy,
  compile,
  concat,
  conv2d,
  dense,
  dropout,
  flatten,
  globalAvgPool2d,
  gradient,
  input,
  leakyRelu,
  maxPool2d,
  meanSquaredError,
  multiply,
  parameter,
  relu,
  reshape,
  sigmoid,
  slice,
  softmax,
  softmaxCrossEntropy,
  tanh,
} from './public/graph.ts';
export { constant, glorotUniform, heNormal, normal, truncatedNormal, zeros } from './public/models.ts';
export { adam, sgd } from './public/training.ts';
