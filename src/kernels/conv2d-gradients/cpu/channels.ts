import shader from '../../../../shaders/conv2d-gradients/channels.wgsl';
import {
  ENOUGH,
  LONGEST_UNROLLED,
  lanesOf,
  MOST_IMAGES,
  MOST_MULTIPLY_ADDS,
  suitsStrips,
  tilesOf,
} from '../../cpu/channel-strips.ts';
import { epilogueConstants, isLong } from '../../epilogue.ts';
import type { Variant } from '../../family.ts';
import { given, viewNames } from '../../given.ts';
import { grid } from '../../grid.ts';
import { kernel } from '../../library.ts';
import { elementAlias, viewConstants } from '../../view.ts';
import type { Conv2dGradientsProblem, GradientsShape } from '../problem.ts';

/** Terms that a lane adds one after the other: as many roundings are at worst 1e-5 of what is summed. */
const MOST_TERMS = 640;
/** Parts that whoever adds them up goes through. */
const MOST_PARTS = 256;

/** How the work is cut: by shape alone, so that a replica's sums are those that it would have alone. */
export function cutOf(shape: GradientsShape, lanes: number) {
  const { batch, geometry: g } = shape;
  const { tile, tiles } = tilesOf(g.inputWidth);
  const { stripLanes, together } = lanesOf(shape, lanes);
  const terms = (g.inputHeight + g.windowHeight - 1) * tile;
  const few = Math.min(MOST_IMAGES, Math.floor((batch * tiles) / (together * ENOUGH)), Math.floor(MOST_TERMS / terms));
  const images = [4, 3, 2].find((count) => count <= few && batch % count === 0) ?? 1;
  const strips = (batch / images) * tiles;
  return { tile, tiles, stripLanes, images, terms: terms * images, parts: Math.ceil(strips / together) };
}

const SIZES = [
  ...viewNames('DY', 'X', 'DX', 'SAVED'),
  ...['GRID_X', 'BATCH', 'INPUTS', 'IN_HEIGHT', 'IN_WIDTH', 'OUT_HEIGHT', 'OUT_WIDTH'],
  ...['FILTER_REPLICA', 'FILTER_LENGTH', 'BIAS_LENGTH', 'TILES', 'IMAGES', 'PARTS', 'PERIOD'],
];

export const channelsVariant: Variant<Conv2dGradientsProblem> = {
  name: 'channels',
  madeFor: 'cpu',
  supports(problem, capabilities) {
    if (!suitsStrips(problem, capabilities)) return false;
    const { geometry: g, outputChannels } = problem;
    const { tile, terms, parts } = cutOf(problem, capabilities.subgroupSize);
    const ofChannel = 2 * tile * g.windowHeight * g.windowWidth;
    return (
      // Each pixel of the output stands beside one of the input, and sees it.
      g.outputHeight <= g.inputHeight &&
      g.outputWidth <= g.inputWidth &&
      g.top < g.windowHeight &&
      g.left < g.windowWidth &&
      ofChannel <= LONGEST_UNROLLED &&
      ofChannel * outputChannels <= MOST_MULTIPLY_ADDS &&
      terms <= MOST_TERMS &&
      parts <= MOST_PARTS
    );
  },
  build(problem, capabilities) {
    const { geometry: g, batch, replicas, epilogue } = problem;
    const lanes = capabilities.subgroupSize;
    const { tile, tiles, stripLanes, images, parts } = cutOf(problem, lanes);
    const { workgroups, constants } = grid('the gradients of a convolution', parts, 1, replicas, capabilities);
    const beforeX = g.windowWidth - 1 - g.left;
    return kernel(
      'conv2d-gradients/channels',
      shader,
      given(
        {
          ...viewConstants('DY', problem.dy),
          ...viewConstants('X', problem.x),
          ...viewConstants('DX', problem.dx),
          ...viewConstants('SAVED', problem.saved),
          ...epilogueConstants(epilogue),
          ...elementAlias('Activation', problem.dy, problem.x, problem.dx, problem.saved),
          ...elementAlias('Weight', { type: problem.filterType }),
          ...constants,
          BATCH: batch,
          INPUTS: problem.inputChannels,
          OUTPUTS: problem.outputChannels,
          IN_HEIGHT: g.inputHeight,
          IN_WIDTH: g.inputWidth,
          OUT_HEIGHT: g.outputHeight,
          OUT_WIDTH: g.outputWidth,
          WINDOW_HEIGHT: g.windowHeight,
          WINDOW_WIDTH: g.windowWidth,
          BEFORE_Y: { i32: g.windowHeight - 1 - g.top },
          BEFORE_X: { i32: beforeX },
          BIAS: problem.bias,
          BIAS_FIRST: beforeX,
          SAVED_IS_X: problem.savedIsX,
          FILTER_REPLICA: problem.filterReplica,
          FILTER_LENGTH: problem.filterLength,
          BIAS_LENGTH: problem.biasLength,
          LANES: lanes,
          STRIP_LANES: stripLanes,
          TILE: tile,
          TILES: tiles,
          IMAGES: images,
          PARTS: parts,
          PERIOD: g.inputHeight + g.windowHeight - 1,
          RAGGED: g.inputWidth % tile !== 0,
          A_CALL: Math.max(1, Math.floor(LONGEST_UNROLLED / (2 * tile * g.windowHeight * g.windowWidth))),
          COMPACT: isLong(epilogue),
        },
        SIZES,
        (2 * parts * lanes) / stripLanes,
      ),
      ['read', 'read', 'read', 'read', 'read', 'write', 'write', 'write'],
      workgroups,
    );
  },
};
