import shader from '../../../../shaders/conv2d-filter-gradient/tiled.wgsl';
import { fours, tiledVariants } from '../../gpu/tiled.ts';
import { inFours } from '../../vec4.ts';
import { elementAlias } from '../../view.ts';
import { FILTER_GRADIENT_BINDINGS, type FilterGradientProblem, filterGradientConstants } from '../problem.ts';

function rowsOf({ geometry: g, inputChannels, groups }: FilterGradientProblem): number {
  return (g.windowHeight * g.windowWidth * inputChannels) / groups;
}

export const tiled = /* @__PURE__ */ tiledVariants<FilterGradientProblem>({
  family: 'conv2d-filter-gradient',
  shader,
  shapeOf(problem) {
    const { OUT_CHANNELS: n, ROWS_PER_SPLIT: rows, SPLITS: splits } = filterGradientConstants(problem);
    return { m: rowsOf(problem), n, k: rows * problem.geometry.outputWidth, layers: splits * problem.groups };
  },
  productOf(problem) {
    const { x, dy, filterLength } = problem;
    const constants = filterGradientConstants(problem);
    const { IN_CHANNELS: inChannels, OUT_CHANNELS: outChannels } = constants;
    return {
      leftColumns: true,
      rightAlongK: false,
      fours: {
        left: inFours(x) && fours(inChannels),
        right: inFours(dy) && fours(outChannels),
        result: fours(outChannels, filterLength),
      },
      resultBinding: 2,
      constants: {
        ...constants,
        ...elementAlias('Left', x),
        ...elementAlias('Right', dy),
        ...elementAlias('Result'),
        M: rowsOf(problem),
      },
      bindings: FILTER_GRADIENT_BINDINGS,
    };
  },
});
