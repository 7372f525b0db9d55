// paredown/graph: the graph layer, for losses and layers of one's own.

export { input } from './graph/sources.ts';
export type { Tensor } from './graph/tensor.ts';
export { constant, glorotUniform, heNormal, normal, truncatedNormal, zeros } from './model/initialisers.ts';
export { leakyRelu, relu, sigmoid, tanh } from './ops/activation.ts';
export { add, multiply } from './ops/arithmetic.ts';
export { batchNorm } from './ops/batch-norm.ts';
export { concat, slice } from './ops/concat.ts';
export { conv2d } from './ops/conv2d.ts';
export { dense } from './ops/dense.ts';
export { dropout } from './ops/dropout.ts';
export { binaryCrossEntropy, meanSquaredError, softmaxCrossEntropy } from './ops/loss.ts';
export { avgPool2d, globalAvgPool2d, maxPool2d } from './ops/pool.ts';
export { flatten, reshape } from './ops/reshape.ts';
export { softmax } from './ops/softmax.ts';
export { adam, sgd } from './train/options.ts';
export { compile, gradient, type ParameterOptions, type Program, type ProgramOptions, parameter } from './train/program.ts';
