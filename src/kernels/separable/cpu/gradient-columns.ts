import combine from '../../../../shaders/conv2d-filter-gradient/combine-shuffles.wgsl';
import shader from '../../../../shaders/separable/gradient-columns.wgsl';
import type { Variant } from '../../family.ts';
import { given } from '../../given.ts';
import { grid } from '../../grid.ts';
import { kernel } from '../../library.ts';
import { MOST_ROUNDINGS } from '../../long-sum.ts';
import { elementAlias, viewConstants } from '../../view.ts';
import {
  SEPARABLE_SIZES,
  type SeparableGradientProblem,
  type SeparableSizes,
  separableConstants,
  suitsColumns,
} from '../problem.ts';
import { stripsOf } from './strips.ts';

/** Partial sums that there should be, so that no core is idle, and that there may be. */
const ENOUGH = 16;
const MOST = 256;

/** Positions of a row: those of outputs and, `left` to the right, of inputs. */
function strips({ batch, geometry: g }: SeparableSizes, lanes: number) {
  return stripsOf(batch, Math.max(g.outputWidth, g.inputWidth + g.left), g.windowWidth, lanes);
}

/** Into how many partial sums gradients of parameters are made: each is short enough to need no totals. */
export function partsOf(shape: SeparableSizes, lanes: number): number {
  const { vectors } = strips(shape, lanes);
  const short = Math.floor(MOST_ROUNDINGS / shape.geometry.outputHeight);
  const each = Math.max(1, Math.min(Math.ceil(vectors / Math.min(ENOUGH, vectors)), short));
  return Math.ceil(vectors / each);
}

/** Terms that a lane adds one after the other: a row of each of its strips. */
export function termsOf(shape: SeparableSizes, parts: number, lanes: number): number {
  return Math.ceil(strips(shape, lanes).vectors / parts) * shape.geometry.outputHeight;
}

/** For few channels. */
export const gradientColumnsVariant: Variant<SeparableGradientProblem> = {
  name: 'columns',
  madeFor: 'cpu',
  supports(problem, capabilities) {
    const { parts, epilogue, savedIsInput } = problem;
    if (!suitsColumns(problem, capabilities) || (epilogue.gradient && !savedIsInput)) return false;
    return parts <= MOST && termsOf(problem, parts, capabilities.subgroupSize) <= MOST_ROUNDINGS;
  },
  build(problem, capabilities) {
    const lanes = capabilities.subgroupSize;
    const { replicas, parts } = problem;
    const { vectors, constants: ofStrips } = strips(problem, lanes);
    const { workgroups, constants } = grid('a separable gradient', parts, 1, replicas, capabilities);
    return kernel(
      'separable-gradient/columns',
      `${combine}\n${shader}`,
      given(
        {
          ...separableConstants(problem),
          ...viewConstants('DY', problem.dy),
          ...elementAlias('Activation', problem.x, problem.dy, problem.y),
          ...constants,
          DEPTHWISE_LENGTH: problem.depthwiseLength,
          FILTER_LENGTH: problem.filterLength,
          BIAS_LENGTH: problem.biasLength,
          ...ofStrips,
          UNIT_LANES: 1,
          TOTALS: lanes,
          WHOLE: ofStrips.TILES === 1,
          PARTS: parts,
          VECTORS_A_PART: Math.ceil(vectors / parts),
        },
        SEPARABLE_SIZES,
        2 * vectors,
      ),
      ['read', 'read', 'read', 'read', 'write', 'write', 'write', 'write'],
      workgroups,
    );
  },
};
