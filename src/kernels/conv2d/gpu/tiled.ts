import shader from '../../../../shaders/conv2d/tiled.wgsl';
import { fours, tiledVariants } from '../../gpu/tiled.ts';
import { inFours } from '../../vec4.ts';
import { elementAlias } from '../../view.ts';
import { CONV2D_BINDINGS, type Conv2dProblem, conv2dConstants, kernelExtent } from '../problem.ts';

function pixelsOf(problem: Conv2dProblem): number {
  const { outHeight, outWidth } = kernelExtent(problem);
  return problem.batch * outHeight * outWidth;
}

export const tiled = /* @__PURE__ */ tiledVariants<Conv2dProblem>({
  family: 'conv2d',
  shader,
  shapeOf(problem) {
    const { groups, inputChannels, outputChannels, geometry: g } = problem;
    const k = g.windowHeight * g.windowWidth * (inputChannels / groups);
    return { m: pixelsOf(problem), n: outputChannels / groups, k, layers: groups };
  },
  productOf(problem) {
    const { x, y, transposed, filterReplica } = problem;
    const constants = conv2dConstants(problem);
    const { IN_CHANNELS: inChannels, OUT_CHANNELS: outChannels } = constants;
    return {
      leftColumns: false,
      rightAlongK: transposed,
      fours: {
        left: inFours(x) && fours(inChannels),
        right: !transposed && fours(outChannels, filterReplica),
        result: inFours(y) && fours(outChannels),
      },
      resultBinding: 5,
      constants: {
        ...constants,
        ...elementAlias('Left', x),
        ...elementAlias('Right', { type: problem.filterType }),
        ...elementAlias('Result', y),
        PIXELS: pixelsOf(problem),
      },
      bindings: CONV2D_BINDINGS,
    };
  },
});
