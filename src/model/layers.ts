// What makes layers.
export { branch, merge, repeat, residual } from './containers.ts';
export { activation } from './layers/activation.ts';
export { avgPool2d } from './layers/avg-pool2d.ts';
export { batchNorm } from './layers/batch-norm.ts';
export { conv2d } from './layers/conv2d.ts';
export { dense } from './layers/dense.ts';
export { depthwiseConv2d } from './layers/depthwise-conv2d.ts';
export { dropout } from './layers/dropout.ts';
export { flatten } from './layers/flatten.ts';
export { globalAvgPool2d } from './layers/global-avg-pool2d.ts';
export { join } from './layers/join.ts';
export { maxPool2d } from './layers/max-pool2d.ts';
export { reshape } from './layers/reshape.ts';
export { tap } from './layers/tap.ts';
