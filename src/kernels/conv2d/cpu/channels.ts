import shader from '../../../../shaders/conv2d/channels.wgsl';
import { definitionOf } from '../../../core/activations/registry.ts';
import type { Variant } from '../../family.ts';
import { grid } from '../../grid.ts';
import { kernel } from '../../library.ts';
import { CONV2D_BINDINGS, type Conv2dProblem, conv2dConstants, kernelExtent } from '../problem.ts';

/** Columns of a strip at most. */
const WIDEST = 7;
/** Multiply-adds of a turn's text, and of one call in it, which the driver must unroll. */
const MOST_MULTIPLY_ADDS = 1120;
const LONGEST_UNROLLED = 280;
const MOST_CALLS = 8;
/** Workgroups that there should be, where a strip takes several images. */
const ENOUGH = 16;
const MOST_IMAGES = 4;

function tileOf(problem: Conv2dProblem): { tile: number; tiles: number; aCall: number } {
  const { windowHeight, windowWidth } = problem.geometry;
  const { outWidth } = kernelExtent(problem);
  const tiles = Math.ceil(outWidth / WIDEST);
  const tile = Math.ceil(outWidth / tiles);
  return { tile, tiles, aCall: Math.max(1, Math.floor(LONGEST_UNROLLED / (tile * windowHeight * windowWidth))) };
}

/** For windows of several pixels between few channels. */
export const channelsVariant: Variant<Conv2dProblem> = {
  name: 'channels',
  madeFor: 'cpu',
  supports(problem, { kind, subgroupSize }) {
    const { geometry: g, groups, inputChannels, outputChannels } = problem;
    const { tile, aCall } = tileOf(problem);
    const taps = g.windowHeight * g.windowWidth;
    return (
      kind === 'cpu' &&
      subgroupSize >= 8 &&
      subgroupSize <= 16 &&
      groups === 1 &&
      [g.strideHeight, g.strideWidth, g.dilationHeight, g.dilationWidth].every((step) => step === 1) &&
      Math.max(inputChannels, outputChannels) <= subgroupSize &&
      tile * taps <= LONGEST_UNROLLED &&
      tile * taps * inputChannels <= MOST_MULTIPLY_ADDS &&
      Math.ceil(inputChannels / aCall) <= MOST_CALLS
    );
  },
  build(problem, capabilities) {
    const { geometry: g, inputChannels, outputChannels, batch, replicas } = problem;
    const lanes = capabilities.subgroupSize;
    const stripLanes = 2 ** Math.ceil(Math.log2(Math.max(inputChannels, outputChannels)));
    const together = lanes / stripLanes;
    const { tile, tiles, aCall } = tileOf(problem);
    const images = Math.max(1, Math.min(MOST_IMAGES, Math.floor((batch * tiles * replicas) / (together * ENOUGH))));
    const strips = Math.ceil(batch / images) * tiles;
    const groups = Math.ceil(strips / together);
    const { workgroups, constants } = grid('a convolution', groups, 1, replicas, capabilities);
    const before = (extent: number, padding: number) => ({ i32: problem.transposed ? extent - 1 - padding : padding });
    const { activation, dropout } = problem.epilogue;
    return kernel(
      'conv2d/channels',
      shader,
      {
        ...conv2dConstants(problem),
        ...constants,
        BATCH: batch,
        LANES: lanes,
        STRIP_LANES: stripLanes,
        TILE: tile,
        TILES: tiles,
        IMAGES: images,
        WORKGROUPS: groups,
        WHOLE: strips % together === 0 && batch % images === 0,
        A_CALL: aCall,
        BEFORE_Y: before(g.windowHeight, g.top),
        BEFORE_X: before(g.windowWidth, g.left),
        COMPACT: dropout !== undefined || definitionOf(activation.kind).transcendental,
      },
      CONV2D_BINDINGS,
      workgroups,
    );
  },
};
