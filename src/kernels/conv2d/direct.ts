import shader from '../../../shaders/conv2d/direct.wgsl';
import { type Variant, workgroupSize } from '../family.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { foldConstants } from '../long-sum.ts';
import { CONV2D_BINDINGS, type Conv2dProblem, conv2dConstants, kernelExtent, termsOf } from './problem.ts';

/** One invocation makes a few neighbouring outputs: serves every problem on every adapter. */
export const directVariant: Variant<Conv2dProblem> = {
  name: 'direct',
  supports: () => true,
  build(problem, capabilities) {
    const { outHeight, outWidth } = kernelExtent(problem);
    const outChannels = problem.outputChannels / problem.groups;
    const block = Math.min(outChannels, 4);
    const blocks = Math.ceil(outChannels / block);
    const tile = Math.min(outWidth, 7);
    const tiles = Math.ceil(outWidth / tile);
    const items = blocks * tiles * outHeight * problem.batch;
    const { workgroups, constants } = grid(
      'a convolution',
      items,
      workgroupSize(capabilities),
      problem.replicas * problem.groups,
      capabilities,
    );
    return kernel(
      'conv2d/direct',
      shader,
      {
        ...conv2dConstants(problem),
        ...constants,
        ...foldConstants(termsOf(problem), 1),
        COMPACT: capabilities.kind === 'cpu',
        TILE: tile,
        BLOCK: block,
        TILES: tiles,
        BLOCKS: blocks,
        ITEMS: items,
      },
      CONV2D_BINDINGS,
      workgroups,
    );
  },
};
