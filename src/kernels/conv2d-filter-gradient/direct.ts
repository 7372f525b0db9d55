import shader from '../../../shaders/conv2d-filter-gradient/direct.wgsl';
import { type Variant, workgroupSize } from '../family.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { foldConstants } from '../long-sum.ts';
import { FILTER_GRADIENT_BINDINGS, type FilterGradientProblem, filterGradientConstants, termsOfSplit } from './problem.ts';

/** One invocation makes a few neighbouring taps of a few channels: serves every problem on every adapter. */
export const directVariant: Variant<FilterGradientProblem> = {
  name: 'direct',
  supports: () => true,
  build(problem, capabilities) {
    const constants = filterGradientConstants(problem);
    const { windowHeight, windowWidth } = problem.geometry;
    const block = Math.min(constants.OUT_CHANNELS, 4);
    const blocks = Math.ceil(constants.OUT_CHANNELS / block);
    const taps = Math.min(windowWidth, 5);
    const chunks = Math.ceil(windowWidth / taps);
    const items = blocks * constants.IN_CHANNELS * chunks * windowHeight;
    const layers = problem.replicas * constants.SPLITS * problem.groups;
    const spread = grid(
      'a filter gradient',
      items + (problem.bias ? blocks : 0),
      workgroupSize(capabilities),
      layers,
      capabilities,
    );
    return kernel(
      'conv2d-filter-gradient/direct',
      shader,
      {
        ...constants,
        ...spread.constants,
        ...foldConstants(termsOfSplit(problem), 1),
        BLOCK: block,
        BLOCKS: blocks,
        TAPS: taps,
        TAP_CHUNKS: chunks,
        ITEMS: items,
      },
      FILTER_GRADIENT_BINDINGS,
      spread.workgroups,
    );
  },
};
