import forward from '../../shaders/fake-quantize/forward.wgsl';
import gradient from '../../shaders/fake-quantize/gradient.wgsl';
import type { Constants } from '../gpu/composer.ts';
import type { Capabilities } from '../gpu/gpu.ts';
import { type Family, splitSum, workgroupSize } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';

/** Weights on a grid of integers, which each output channel has a scale for. */
export interface FakeQuantizeShape {
  readonly replicas: number;
  /** The weights are [outer, channels, inner]. */
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
  /** The largest integer: 2^(bits - 1) - 1. */
  readonly levels: number;
  /** Elements from one replica to the next of weights and of scales. */
  readonly weightsReplica: number;
  readonly scalesReplica: number;
}

/** Bindings: weights, log scales, y. */
export interface FakeQuantizeProblem extends FakeQuantizeShape {
  readonly yReplica: number;
}

/** Bindings: weights, log scales, dy, gradient of weights, partial sums of the gradient of log scales. */
export interface FakeQuantizeGradientProblem extends FakeQuantizeShape {
  readonly dyReplica: number;
  readonly ofWeightsReplica: number;
  /** Elements from one partial sum of all scales to the next. */
  readonly part: number;
}

/** Weights that an invocation goes over, and parts of a channel at the most. */
const LONGEST = 64;
const MOST_SPLITS = 256;

/** Into how many parts the weights of a channel are cut: a choice by shape alone. */
export function fakeQuantizeSplits({ outer, inner }: Pick<FakeQuantizeShape, 'outer' | 'inner'>) {
  return splitSum(outer * inner, LONGEST, MOST_SPLITS);
}

function constantsOf(shape: FakeQuantizeShape, capabilities: Capabilities) {
  const { splits, perSplit } = fakeQuantizeSplits(shape);
  const items = splits * shape.channels;
  const spread = grid('a quantisation of weights', items, workgroupSize(capabilities), shape.replicas, capabilities);
  const constants: Constants = {
    ...spread.constants,
    ITEMS: items,
    CHANNELS: shape.channels,
    INNER: shape.inner,
    TERMS: shape.outer * shape.inner,
    TERMS_A_SPLIT: perSplit,
    LEVELS: { f32: shape.levels },
    WEIGHTS_REPLICA: shape.weightsReplica,
    SCALES_REPLICA: shape.scalesReplica,
  };
  return { constants, workgroups: spread.workgroups, splits, perSplit };
}

export const fakeQuantizeFamily: Family<FakeQuantizeProblem> = {
  name: 'fake-quantize',
  prefer: () => 'direct',
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build(problem, capabilities) {
        const { constants, workgroups } = constantsOf(problem, capabilities);
        const all = { ...constants, Y_REPLICA: problem.yReplica };
        return kernel('fake-quantize/direct', forward, all, ['read', 'read', 'write'], workgroups);
      },
    },
  ],
};

export const fakeQuantizeGradientFamily: Family<FakeQuantizeGradientProblem> = {
  name: 'fake-quantize-gradient',
  prefer: () => 'direct',
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build(problem, capabilities) {
        const { constants, workgroups, splits, perSplit } = constantsOf(problem, capabilities);
        const all = {
          ...constants,
          ...longSumConstants(perSplit),
          SPLITS: splits,
          GAIN: { f32: 1 / Math.sqrt(problem.outer * problem.inner * problem.levels) },
          DY_REPLICA: problem.dyReplica,
          OF_WEIGHTS_REPLICA: problem.ofWeightsReplica,
          PART: problem.part,
        };
        const bindings = ['read', 'read', 'read', 'write', 'write'] as const;
        return kernel('fake-quantize-gradient/direct', gradient, all, bindings, workgroups);
      },
    },
  ],
};
