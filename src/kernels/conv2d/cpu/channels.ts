import shader from '../../../../shaders/conv2d/channels.wgsl';
import {
  ENOUGH,
  LONGEST_UNROLLED,
  lanesOf,
  MOST_IMAGES,
  MOST_MULTIPLY_ADDS,
  suitsStrips,
  tilesOf,
} from '../../cpu/channel-strips.ts';
import { isLong } from '../../epilogue.ts';
import type { Variant } from '../../family.ts';
import { given } from '../../given.ts';
import { grid } from '../../grid.ts';
import { kernel } from '../../library.ts';
import { CONV2D_BINDINGS, CONV2D_SIZES, type Conv2dProblem, conv2dConstants, kernelExtent } from '../problem.ts';

const MOST_CALLS = 8;

function tileOf(problem: Conv2dProblem): { tile: number; tiles: number; aCall: number } {
  const { windowHeight, windowWidth } = problem.geometry;
  const { outWidth } = kernelExtent(problem);
  const { tile, tiles } = tilesOf(outWidth);
  return { tile, tiles, aCall: Math.max(1, Math.floor(LONGEST_UNROLLED / (tile * windowHeight * windowWidth))) };
}

/** For windows of several pixels between few channels. */
export const channelsVariant: Variant<Conv2dProblem> = {
  name: 'channels',
  madeFor: 'cpu',
  supports(problem, capabilities) {
    const { geometry: g, inputChannels } = problem;
    const { tile, aCall } = tileOf(problem);
    const taps = g.windowHeight * g.windowWidth;
    return (
      suitsStrips(problem, capabilities) &&
      tile * taps <= LONGEST_UNROLLED &&
      tile * taps * inputChannels <= MOST_MULTIPLY_ADDS &&
      Math.ceil(inputChannels / aCall) <= MOST_CALLS
    );
  },
  build(problem, capabilities) {
    const { geometry: g, batch, replicas } = problem;
    const lanes = capabilities.subgroupSize;
    const { stripLanes, together } = lanesOf(problem, lanes);
    const { tile, tiles, aCall } = tileOf(problem);
    const images = Math.max(1, Math.min(MOST_IMAGES, Math.floor((batch * tiles * replicas) / (together * ENOUGH))));
    const strips = Math.ceil(batch / images) * tiles;
    const groups = Math.ceil(strips / together);
    const { workgroups, constants } = grid('a convolution', groups, 1, replicas, capabilities);
    const { outWidth, outHeight } = kernelExtent(problem);
    // The bits of an i32.
    const before = (extent: number, padding: number) => (problem.transposed ? extent - 1 - padding : padding) >>> 0;
    return kernel(
      'conv2d/channels',
      shader,
      given(
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
          PERIOD: outHeight + g.windowHeight - 1,
          RAGGED: outWidth % tile !== 0,
          A_CALL: aCall,
          BEFORE_Y: before(g.windowHeight, g.top),
          BEFORE_X: before(g.windowWidth, g.left),
          COMPACT: isLong(problem.epilogue),
        },
        [
          ...CONV2D_SIZES.filter((name) => name !== 'IN_CHANNELS'),
          'BATCH',
          'TILES',
          'IMAGES',
          'PERIOD',
          'WORKGROUPS',
          'BEFORE_Y',
          'BEFORE_X',
        ],
        2 * groups * together,
      ),
      CONV2D_BINDINGS,
      workgroups,
    );
  },
};
