import type { WindowGeometry } from '../../core/geometry.ts';
import { type Epilogue, epilogueConstants } from '../epilogue.ts';
import { viewNames } from '../given.ts';
import { type ElementType, elementAlias, type View, viewConstants } from '../view.ts';

/**
 * A convolution, or (`transposed`) its gradient with respect to the input, which is a convolution of the output's gradient.
 * `input` and `output` are what this kernel reads and writes, `geometry` is the forward one.
 * Bindings: x, filter, bias, saved, state, y.
 */
export interface Conv2dProblem {
  readonly replicas: number;
  readonly batch: number;
  readonly geometry: WindowGeometry;
  /** Channels of the whole input and output of this kernel, over all groups. */
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly groups: number;
  readonly transposed: boolean;
  readonly bias: boolean;
  readonly epilogue: Epilogue;
  readonly x: View;
  readonly y: View;
  readonly saved?: View;
  /** Elements from one replica's filter, or bias, to the next. */
  readonly filterReplica: number;
  readonly biasReplica: number;
  /** Of the filter [f32]. */
  readonly filterType?: ElementType;
}

/** Heights and widths as this kernel sees them: input and output change places in a transposed convolution. */
export function kernelExtent({ geometry: g, transposed }: Conv2dProblem): {
  inHeight: number;
  inWidth: number;
  outHeight: number;
  outWidth: number;
} {
  return transposed
    ? { inHeight: g.outputHeight, inWidth: g.outputWidth, outHeight: g.inputHeight, outWidth: g.inputWidth }
    : { inHeight: g.inputHeight, inWidth: g.inputWidth, outHeight: g.outputHeight, outWidth: g.outputWidth };
}

/** Terms of an output's sum. */
export function termsOf({ geometry: g, inputChannels, groups }: Conv2dProblem): number {
  return (g.windowHeight * g.windowWidth * inputChannels) / groups;
}

/** The constants that every variant shares. Filter strides: forward [KH,KW,C/groups,K] is read along K, transposed along C. */
export function conv2dConstants(problem: Conv2dProblem) {
  const { geometry: g, groups, transposed } = problem;
  const inChannels = problem.inputChannels / groups;
  const outChannels = problem.outputChannels / groups;
  const filterOutputs = transposed ? problem.inputChannels : problem.outputChannels;
  const filterInputs = transposed ? outChannels : inChannels;
  const { inHeight, inWidth, outHeight, outWidth } = kernelExtent(problem);
  return {
    ...viewConstants('X', problem.x),
    ...viewConstants('Y', problem.y),
    ...viewConstants('SAVED', problem.saved),
    ...epilogueConstants(problem.epilogue),
    ...elementAlias('Activation', problem.x, problem.y, problem.saved),
    ...elementAlias('Weight', { type: problem.filterType }),
    TRANSPOSED: transposed,
    BIAS: problem.bias,
    GROUPS: groups,
    IN_CHANNELS: inChannels,
    OUT_CHANNELS: outChannels,
    IN_HEIGHT: inHeight,
    IN_WIDTH: inWidth,
    OUT_HEIGHT: outHeight,
    OUT_WIDTH: outWidth,
    WINDOW_HEIGHT: g.windowHeight,
    WINDOW_WIDTH: g.windowWidth,
    STRIDE_HEIGHT: g.strideHeight,
    STRIDE_WIDTH: g.strideWidth,
    DILATION_HEIGHT: g.dilationHeight,
    DILATION_WIDTH: g.dilationWidth,
    TOP: g.top,
    LEFT: g.left,
    FILTER_TAP: filterInputs * filterOutputs,
    FILTER_IN: transposed ? 1 : filterOutputs,
    FILTER_OUT: transposed ? filterOutputs : 1,
    FILTER_GROUP: transposed ? inChannels : outChannels,
    FILTER_REPLICA: problem.filterReplica,
    BIAS_REPLICA: problem.biasReplica,
  };
}

/** Of these those that kernels for software drivers are given when they run. */
export const CONV2D_SIZES = [
  ...viewNames('X', 'Y', 'SAVED'),
  ...['GRID_X', 'IN_CHANNELS', 'OUT_CHANNELS', 'IN_HEIGHT', 'IN_WIDTH', 'OUT_HEIGHT', 'OUT_WIDTH'],
  ...['FILTER_TAP', 'FILTER_IN', 'FILTER_OUT', 'FILTER_GROUP', 'FILTER_REPLICA', 'BIAS_REPLICA'],
];

export const CONV2D_BINDINGS = ['read', 'read', 'read', 'read', 'read', 'write'] as const;
