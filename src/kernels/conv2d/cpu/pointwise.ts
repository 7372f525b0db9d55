import shader from '../../../../shaders/conv2d/pointwise.wgsl';
import { definitionOf } from '../../../core/activations/registry.ts';
import type { Variant } from '../../family.ts';
import { given, viewNames } from '../../given.ts';
import { grid } from '../../grid.ts';
import { kernel } from '../../library.ts';
import { CONV2D_BINDINGS, type Conv2dProblem, conv2dConstants, kernelExtent } from '../problem.ts';

/** Weights that a lane keeps, and channels of either side, each a load or a store in the text. */
const MOST_WEIGHTS = 128;
const MOST_CHANNELS = 16;

const SIZES = [...viewNames('X', 'Y', 'SAVED'), 'GRID_X', 'FILTER_REPLICA', 'BIAS_REPLICA', 'PIXELS', 'CHUNK'];

/** Workgroups that there should be, and turns of one at most, where its start costs as much as two. */
const ENOUGH = 32;
const MOST_TURNS = 64;

/** For windows of one pixel between few channels. */
export const pointwiseVariant: Variant<Conv2dProblem> = {
  name: 'pointwise',
  madeFor: 'cpu',
  supports({ geometry: g, groups, inputChannels, outputChannels, epilogue }, { kind, subgroupSize }) {
    return (
      kind === 'cpu' &&
      subgroupSize > 1 &&
      subgroupSize <= 16 &&
      groups === 1 &&
      [g.windowHeight, g.windowWidth, g.strideHeight, g.strideWidth].every((extent) => extent === 1) &&
      g.outputHeight === g.inputHeight &&
      g.outputWidth === g.inputWidth &&
      inputChannels * outputChannels <= MOST_WEIGHTS &&
      Math.max(inputChannels, outputChannels) <= MOST_CHANNELS &&
      // Written out for each channel, these would be long.
      epilogue.dropout === undefined &&
      !definitionOf(epilogue.activation.kind).transcendental
    );
  },
  build(problem, capabilities) {
    const { outHeight, outWidth } = kernelExtent(problem);
    const lanes = capabilities.subgroupSize;
    const pixels = problem.batch * outHeight * outWidth;
    const turns = Math.max(1, Math.min(MOST_TURNS, Math.ceil((pixels * problem.replicas) / (lanes * ENOUGH))));
    const chunk = lanes * turns;
    const { workgroups, constants } = grid('a convolution', Math.ceil(pixels / chunk), 1, problem.replicas, capabilities);
    return kernel(
      'conv2d/pointwise',
      shader,
      given({ ...conv2dConstants(problem), ...constants, LANES: lanes, PIXELS: pixels, CHUNK: chunk }, SIZES),
      CONV2D_BINDINGS,
      workgroups,
    );
  },
};
