import shader from '../../../shaders/conv2d-pool/direct.wgsl';
import { termsOf } from '../conv2d/problem.ts';
import { type Variant, workgroupSize } from '../family.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { foldConstants } from '../long-sum.ts';
import { CONV2D_POOL_BINDINGS, type Conv2dPoolProblem, conv2dPoolConstants, suitsWindows } from './problem.ts';

/** One invocation makes four channels of one window: small windows, on every adapter. */
export const directVariant: Variant<Conv2dPoolProblem> = {
  name: 'direct',
  supports: suitsWindows,
  build(problem, capabilities) {
    const constants = conv2dPoolConstants(problem);
    const items = problem.batch * problem.pool.outputHeight * problem.pool.outputWidth * constants.WORDS;
    const spread = grid('a convolution with pooling', items, workgroupSize(capabilities), problem.replicas, capabilities);
    return kernel(
      'conv2d-pool/direct',
      shader,
      {
        ...constants,
        ...spread.constants,
        ...foldConstants(termsOf(problem), 1),
        COMPACT: capabilities.kind === 'cpu',
        ITEMS: items,
      },
      CONV2D_POOL_BINDINGS,
      spread.workgroups,
    );
  },
};
