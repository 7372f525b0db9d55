import type { WindowGeometry } from '../../core/geometry.ts';
import { splitSum } from '../family.ts';
import { viewNames } from '../given.ts';
import { elementAlias, type View, viewConstants } from '../view.ts';

/** A convolution's gradient with respect to filter and bias, as `splits` partial sums. Bindings: x, dy, filter, bias. */
export interface FilterGradientProblem {
  readonly replicas: number;
  readonly batch: number;
  readonly geometry: WindowGeometry;
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly groups: number;
  readonly bias: boolean;
  readonly x: View;
  readonly dy: View;
  /** Elements of one partial result of the filter and of the bias. */
  readonly filterLength: number;
  readonly biasLength: number;
}

/** Into how many partial sums the rows of the images are cut: a choice by shape alone, the same for every variant. */
export function filterGradientSplits(batch: number, geometry: WindowGeometry): { splits: number; perSplit: number } {
  const rows = batch * geometry.outputHeight;
  // Each part of a sum of millions is short enough for blocks of it to be few.
  const most = Math.min(256, Math.max(16, Math.ceil((rows * geometry.outputWidth) / 2 ** 16)));
  return splitSum(rows, Math.max(8, Math.ceil(2048 / geometry.outputWidth)), most);
}

/** Terms of one part of the sum. */
export function termsOfSplit({ batch, geometry }: FilterGradientProblem): number {
  return filterGradientSplits(batch, geometry).perSplit * geometry.outputWidth;
}

export function filterGradientConstants(problem: FilterGradientProblem) {
  const { geometry: g, groups } = problem;
  const { splits, perSplit } = filterGradientSplits(problem.batch, g);
  return {
    ...viewConstants('X', problem.x),
    ...viewConstants('DY', problem.dy),
    ...elementAlias('Activation', problem.x, problem.dy),
    BIAS: problem.bias,
    GROUPS: groups,
    IN_CHANNELS: problem.inputChannels / groups,
    OUT_CHANNELS: problem.outputChannels / groups,
    IN_HEIGHT: g.inputHeight,
    IN_WIDTH: g.inputWidth,
    OUT_HEIGHT: g.outputHeight,
    OUT_WIDTH: g.outputWidth,
    WINDOW_WIDTH: g.windowWidth,
    STRIDE_HEIGHT: g.strideHeight,
    STRIDE_WIDTH: g.strideWidth,
    DILATION_HEIGHT: g.dilationHeight,
    DILATION_WIDTH: g.dilationWidth,
    TOP: g.top,
    LEFT: g.left,
    ROWS: problem.batch * g.outputHeight,
    ROWS_PER_SPLIT: perSplit,
    SPLITS: splits,
    FILTER_LENGTH: problem.filterLength,
    BIAS_LENGTH: problem.biasLength,
  };
}

/** Of these those that kernels for software drivers are given when they run. */
export const FILTER_GRADIENT_SIZES = [
  ...viewNames('X', 'DY'),
  ...['GRID_X', 'IN_CHANNELS', 'OUT_CHANNELS', 'IN_HEIGHT', 'IN_WIDTH', 'OUT_HEIGHT', 'OUT_WIDTH', 'TOP', 'LEFT'],
  ...['ROWS', 'ROWS_PER_SPLIT', 'SPLITS', 'FILTER_LENGTH', 'BIAS_LENGTH'],
];

export const FILTER_GRADIENT_BINDINGS = ['read', 'read', 'write', 'write'] as const;
