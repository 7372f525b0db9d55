import shader from '../../../../shaders/conv2d-pool/strips.wgsl';
import { definitionOf } from '../../../core/activations/registry.ts';
import type { Variant } from '../../family.ts';
import { grid } from '../../grid.ts';
import { kernel } from '../../library.ts';
import { CONV2D_POOL_BINDINGS, type Conv2dPoolProblem, conv2dPoolConstants, suitsWindows } from '../problem.ts';

/** Multiply-adds of four channels that a driver still unrolls, and windows side by side. */
const MOST_MULTIPLY_ADDS = 300;
const MOST_WINDOWS = 4;
/** Channels of a lane, whose weights it keeps. */
const MOST_CHANNELS = 8;
/** Invocations that there should be: as many as leave no core idle at the end. */
const ENOUGH = 1024;

function multiplyAdds({ geometry: g, pool }: Conv2dPoolProblem): number {
  return 4 * g.windowHeight * g.windowWidth * pool.windowHeight * pool.windowWidth;
}

/** For small windows over one input channel, such as a first layer's that sees grey images. */
export const stripsVariant: Variant<Conv2dPoolProblem> = {
  name: 'strips',
  madeFor: 'cpu',
  supports(problem, { kind, subgroupSize }) {
    const { geometry: g, inputChannels, epilogue } = problem;
    return (
      kind === 'cpu' &&
      subgroupSize >= MOST_CHANNELS &&
      subgroupSize <= 16 &&
      inputChannels === 1 &&
      [g.strideHeight, g.strideWidth, g.dilationHeight, g.dilationWidth].every((step) => step === 1) &&
      suitsWindows(problem) &&
      !conv2dPoolConstants(problem).RAGGED &&
      multiplyAdds(problem) <= MOST_MULTIPLY_ADDS &&
      // Written out for each window and channel, these would be long.
      epilogue.dropout === undefined &&
      !definitionOf(epilogue.activation.kind).transcendental
    );
  },
  build(problem, capabilities) {
    const { batch, pool, geometry, outputChannels, replicas } = problem;
    const windows = Math.max(1, Math.min(MOST_WINDOWS, pool.outputWidth, Math.floor(MOST_MULTIPLY_ADDS / multiplyAdds(problem))));
    const blocks = Math.ceil(outputChannels / MOST_CHANNELS);
    // A word of argmax belongs to one block.
    const channels = blocks === 1 ? outputChannels : Math.ceil(outputChannels / blocks / 4) * 4;
    const tiles = Math.ceil(pool.outputWidth / windows);
    const wanted = Math.ceil(ENOUGH / (tiles * batch * blocks * replicas));
    const turns = Math.ceil(pool.outputHeight / Math.min(wanted, pool.outputHeight));
    const sections = Math.ceil(pool.outputHeight / turns);
    const strips = tiles * sections * batch;
    const groups = Math.ceil(strips / capabilities.subgroupSize) * blocks;
    const spread = grid('a convolution with pooling', groups, 1, replicas, capabilities);
    return kernel(
      'conv2d-pool/strips',
      shader,
      {
        ...conv2dPoolConstants(problem),
        ...spread.constants,
        LANES: capabilities.subgroupSize,
        WINDOWS: windows,
        CHANNELS: channels,
        BLOCKS: blocks,
        TILES: tiles,
        TURNS: turns,
        SECTIONS: sections,
        STRIPS: strips,
        WARM_UP: { i32: Math.ceil((geometry.windowHeight - 1) / pool.windowHeight) },
        TOTAL_WINDOWS: batch * pool.outputHeight * pool.outputWidth,
      },
      CONV2D_POOL_BINDINGS,
      spread.workgroups,
    );
  },
};
