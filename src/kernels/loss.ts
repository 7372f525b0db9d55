import binaryCrossEntropy from '../../shaders/loss/binary-cross-entropy.wgsl';
import distillation from '../../shaders/loss/distillation.wgsl';
import huber from '../../shaders/loss/huber.wgsl';
import margin from '../../shaders/loss/margin.wgsl';
import mean from '../../shaders/loss/mean.wgsl';
import meanAbsoluteError from '../../shaders/loss/mean-absolute-error.wgsl';
import squaredError from '../../shaders/loss/mean-squared-error.wgsl';
import crossEntropy from '../../shaders/loss/softmax-cross-entropy.wgsl';
import type { Constants } from '../gpu/composer.ts';
import type { Family, Variant } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';
import { ALONE, preferredRowLanes, type RowLanes, rowLanesGrid, TOGETHER } from './row-lanes.ts';
import { elementAlias, type View, viewConstants } from './view.ts';

/** How the losses of a batch's samples become one: their mean or their sum. */
export type Reduction = 'mean' | 'sum';

/** The code of each loss. */
const SOURCES = {
  softmaxCrossEntropy: crossEntropy,
  meanSquaredError: squaredError,
  binaryCrossEntropy,
  meanAbsoluteError,
  huber,
  distillation,
  margin,
};

export type LossName = keyof typeof SOURCES;

/** A loss's numbers by name; they are constants of its code, in capitals. */
export type LossOptions = Readonly<Record<string, number>>;

/** A loss of each row of the batch, and its gradient where `gradient`. Bindings: x, labels or targets, state, rows, gradient, and the weights of classes where there are any. */
export interface LossProblem {
  readonly replicas: number;
  readonly kind: LossName;
  readonly reduction: Reduction;
  readonly batch: number;
  readonly x: View;
  readonly goal: View;
  readonly options: LossOptions;
  /** Of the weights of classes, one a label [each is 1]. */
  readonly weights?: View;
  readonly gradient: boolean;
  /** Whether the gradient is multiplied by the training state's loss scale. */
  readonly scaled?: boolean;
}

function variant(name: string, lanesOf: RowLanes): Variant<LossProblem> {
  return {
    name,
    ...(lanesOf.madeFor && { madeFor: lanesOf.madeFor }),
    // The loss of a row of one logit has nothing to share out.
    supports: ({ kind }) => lanesOf.lanes === 1 || kind !== 'binaryCrossEntropy',
    build(problem, capabilities) {
      const { batch, x, weights } = problem;
      const spread = rowLanesGrid('a loss', batch, lanesOf, problem.replicas, capabilities);
      const channelLanes = Math.min(lanesOf.lanes, 2 ** Math.ceil(Math.log2(x.channels)));
      const leading = x.rows / batch;
      const constants: Constants = {
        ...viewConstants('X', x),
        ...viewConstants('GOAL', problem.goal),
        ...elementAlias('Activation', x),
        ...spread.constants,
        ...longSumConstants(Math.ceil(leading / (lanesOf.lanes / channelLanes)) * Math.ceil(x.channels / channelLanes)),
        CHANNEL_LANES: channelLanes,
        COMPACT: capabilities.kind === 'cpu',
        GRADIENT: problem.gradient,
        SCALED: problem.scaled ?? false,
        MEAN: problem.reduction === 'mean',
        ...Object.fromEntries(Object.entries(problem.options).map(([option, value]) => [option.toUpperCase(), { f32: value }])),
        'row-weight': { piece: weights ? 'class-weight' : 'no-class-weight' },
        ...(weights && { CLASSES: weights.channels, WEIGHTS_REPLICA: weights.replicaStride }),
        ROWS: batch,
        LEADING: leading,
        CHANNELS: x.channels,
      };
      return kernel(
        `loss/${name}`,
        SOURCES[problem.kind],
        constants,
        ['read', 'read', 'read', 'write', 'write', ...(weights ? (['read'] as const) : [])],
        spread.workgroups,
      );
    },
  };
}

export const lossFamily: Family<LossProblem> = {
  name: 'loss',
  prefer: ({ kind, x, batch }, capabilities) =>
    kind === 'binaryCrossEntropy' ? 'rows' : preferredRowLanes((x.rows / batch) * x.channels, capabilities),
  variants: [/* @__PURE__ */ variant('rows', ALONE), /* @__PURE__ */ variant('lanes', TOGETHER)],
};

/** Lanes of a workgroup that adds up a batch's losses. */
const MEAN_LANES = 32;

/** The mean or sum of the losses of the real rows. Bindings: rows, state, y. */
export const meanLossFamily: Family<{ readonly replicas: number; readonly batch: number; readonly reduction: Reduction }> = {
  name: 'mean-loss',
  prefer: () => 'lanes',
  variants: [
    {
      name: 'lanes',
      supports: () => true,
      build({ replicas, batch, reduction }, capabilities) {
        const { workgroups } = grid('the mean of a loss', 1, 1, replicas, capabilities);
        return kernel(
          'mean-loss/lanes',
          mean,
          { WORKGROUP: MEAN_LANES, ROWS: batch, MEAN: reduction === 'mean', ...longSumConstants(batch / MEAN_LANES) },
          ['read', 'read', 'write'],
          workgroups,
        );
      },
    },
  ],
};
