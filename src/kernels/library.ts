import arithmetic from '../../shaders/lib/arithmetic.wgsl';
import augmentation from '../../shaders/lib/augmentation.wgsl';
import axes from '../../shaders/lib/axes.wgsl';
import batchMoments from '../../shaders/lib/batch-moments.wgsl';
import batchTotals from '../../shaders/lib/batch-totals.wgsl';
import channelSums from '../../shaders/lib/channel-sums.wgsl';
import classLoss from '../../shaders/lib/class-loss.wgsl';
import classWeight from '../../shaders/lib/class-weight.wgsl';
import dropout from '../../shaders/lib/dropout.wgsl';
import epilogue from '../../shaders/lib/epilogue.wgsl';
import foldParts from '../../shaders/lib/fold-parts.wgsl';
import fourChannels from '../../shaders/lib/four-channels.wgsl';
import integerRange from '../../shaders/lib/integer-range.wgsl';
import log1p from '../../shaders/lib/log1p.wgsl';
import longSum from '../../shaders/lib/long-sum.wgsl';
import multipliedOnce from '../../shaders/lib/multiplied-once.wgsl';
import multipliedTwice from '../../shaders/lib/multiplied-twice.wgsl';
import nan from '../../shaders/lib/nan.wgsl';
import noClassWeight from '../../shaders/lib/no-class-weight.wgsl';
import noDropout from '../../shaders/lib/no-dropout.wgsl';
import noRowLanes from '../../shaders/lib/no-row-lanes.wgsl';
import product64 from '../../shaders/lib/product64.wgsl';
import quantize from '../../shaders/lib/quantize.wgsl';
import quotient from '../../shaders/lib/quotient.wgsl';
import quotientOfGiven from '../../shaders/lib/quotient-of-given.wgsl';
import quotientOfSmall from '../../shaders/lib/quotient-of-small.wgsl';
import readTogether from '../../shaders/lib/read-together.wgsl';
import roundedSegments from '../../shaders/lib/rounded-segments.wgsl';
import rowLanes from '../../shaders/lib/row-lanes.wgsl';
import rowMoments from '../../shaders/lib/row-moments.wgsl';
import rowSums from '../../shaders/lib/row-sums.wgsl';
import sample from '../../shaders/lib/sample.wgsl';
import schedule from '../../shaders/lib/schedule.wgsl';
import segments from '../../shaders/lib/segments.wgsl';
import separableStrips from '../../shaders/lib/separable-strips.wgsl';
import separableWeights from '../../shaders/lib/separable-weights.wgsl';
import shuffle from '../../shaders/lib/shuffle.wgsl';
import state from '../../shaders/lib/state.wgsl';
import targetLoss from '../../shaders/lib/target-loss.wgsl';
import threefry from '../../shaders/lib/threefry.wgsl';
import { type Constants, compose } from '../gpu/composer.ts';
import type { Access, Kernel } from '../gpu/kernel.ts';
import { activationPieces } from './activations.ts';

const LIBRARY = /* @__PURE__ */ Object.assign({}, activationPieces, {
  arithmetic,
  augmentation,
  axes,
  'batch-moments': batchMoments,
  'batch-totals': batchTotals,
  'channel-sums': channelSums,
  'class-loss': classLoss,
  'class-weight': classWeight,
  dropout,
  epilogue,
  'fold-parts': foldParts,
  'four-channels': fourChannels,
  'integer-range': integerRange,
  log1p,
  'long-sum': longSum,
  'multiplied-once': multipliedOnce,
  'multiplied-twice': multipliedTwice,
  nan,
  'no-class-weight': noClassWeight,
  'no-dropout': noDropout,
  'no-row-lanes': noRowLanes,
  product64,
  quantize,
  quotient,
  'quotient-of-given': quotientOfGiven,
  'quotient-of-small': quotientOfSmall,
  'read-together': readTogether,
  'rounded-segments': roundedSegments,
  'row-lanes': rowLanes,
  'row-moments': rowMoments,
  'row-sums': rowSums,
  sample,
  schedule,
  segments,
  'separable-strips': separableStrips,
  'separable-weights': separableWeights,
  shuffle,
  state,
  'target-loss': targetLoss,
  threefry,
});

/** Composes one kernel from its file and constants. */
export function kernel(
  name: string,
  source: string,
  constants: Constants,
  bindings: readonly Access[],
  workgroups: readonly [number, number, number],
): Kernel {
  return { name, ...compose(source, constants, LIBRARY, bindings.length), bindings, workgroups };
}
