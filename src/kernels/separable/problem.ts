import type { WindowGeometry } from '../../core/geometry.ts';
import type { Capabilities } from '../../gpu/gpu.ts';
import { type Epilogue, epilogueConstants, isLong } from '../epilogue.ts';
import { viewNames } from '../given.ts';
import { elementAlias, type View, viewConstants } from '../view.ts';

/** What a depthwise convolution with one of single pixels behind it, and its gradient, have in common. */
interface SeparableConvolution {
  readonly replicas: number;
  readonly batch: number;
  /** Of the depthwise convolution. */
  readonly geometry: WindowGeometry;
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly groups: number;
  readonly bias: boolean;
  readonly epilogue: Epilogue;
  readonly x: View;
  readonly y: View;
  /** The two filters. */
  readonly depthwise: View;
  readonly filter: View;
}

/** Bindings: x, depthwise, filter, bias, y. */
export interface SeparableProblem extends SeparableConvolution {
  readonly biasReplica: number;
}

/**
 * The gradients of input (`y`, `epilogue` on it), both filters and bias, those of parameters as `parts` partial sums. Bindings: x, dy, depthwise, filter, y, and where the gradients of depthwise, filter and bias go.
 */
export interface SeparableGradientProblem extends SeparableConvolution {
  readonly dy: View;
  /** Whether it is `x` that the epilogue's derivative is computed from. */
  readonly savedIsInput: boolean;
  /** How many partial sums there are, and the elements of one. */
  readonly parts: number;
  readonly depthwiseLength: number;
  readonly filterLength: number;
  readonly biasLength: number;
}

/** Channels of either side at most, each a load or a store in the text, and the weights that a lane keeps. */
const MOST_CHANNELS = 16;
const MOST_WEIGHTS = 256;
/** Rows and columns of a window at most, and taps up to which one pass takes less time than its parts (bench/notes/small-networks.md). */
const LONGEST_WINDOW = 5;
const MOST_TAPS = 9;

/** Whether lanes along columns suit the problem on an adapter that has them. */
export function suitsColumns(problem: SeparableSizes, { kind, subgroupSize }: Capabilities): boolean {
  return kind === 'cpu' && subgroupSize >= 8 && subgroupSize <= 16 && isSmall(problem);
}

/** Whether one pass may do the work on some adapter: few channels, a small window that moves by single pixels, a short epilogue. */
export function isSmall({ geometry: g, inputChannels, outputChannels, epilogue }: Omit<SeparableSizes, 'batch'>): boolean {
  return (
    [g.strideHeight, g.strideWidth, g.dilationHeight, g.dilationWidth].every((step) => step === 1) &&
    Math.max(g.windowHeight, g.windowWidth) <= LONGEST_WINDOW &&
    Math.max(inputChannels, outputChannels) <= MOST_CHANNELS &&
    inputChannels * (g.windowHeight * g.windowWidth + outputChannels) <= MOST_WEIGHTS &&
    // Written out for each channel, these would be long.
    !isLong(epilogue)
  );
}

/** Whether one pass gains anything where it can serve. */
export function gainsFromColumns({ geometry: { windowHeight, windowWidth } }: SeparableSizes): boolean {
  return windowHeight * windowWidth <= MOST_TAPS;
}

export function separableConstants(problem: SeparableConvolution) {
  const { geometry: g, inputChannels, outputChannels, depthwise, filter } = problem;
  return {
    ...viewConstants('X', problem.x),
    ...viewConstants('Y', problem.y),
    ...elementAlias('Activation', problem.x, problem.y),
    ...elementAlias('Weight', depthwise),
    ...elementAlias('PixelWeight', filter),
    ...epilogueConstants(problem.epilogue),
    BIAS: problem.bias,
    IN_CHANNELS: inputChannels,
    OUT_CHANNELS: outputChannels,
    IN_HEIGHT: g.inputHeight,
    IN_WIDTH: g.inputWidth,
    OUT_HEIGHT: g.outputHeight,
    OUT_WIDTH: g.outputWidth,
    WINDOW_HEIGHT: g.windowHeight,
    WINDOW_WIDTH: g.windowWidth,
    TOP: g.top,
    LEFT: g.left,
    DEPTHWISE_REPLICA: depthwise.replicaStride,
    FILTER_REPLICA: filter.replicaStride,
  };
}

/** Of a kernel's constants those that it is given when it runs, the strips' too. */
export const SEPARABLE_SIZES = [
  ...viewNames('X', 'Y', 'DY'),
  ...['GRID_X', 'IN_HEIGHT', 'IN_WIDTH', 'OUT_HEIGHT', 'OUT_WIDTH', 'TOP', 'LEFT'],
  ...['DEPTHWISE_REPLICA', 'FILTER_REPLICA', 'BIAS_REPLICA', 'DEPTHWISE_LENGTH', 'FILTER_LENGTH', 'BIAS_LENGTH'],
  ...['BATCH', 'TILES', 'LAST_LANES', 'TOGETHER', 'WHOLE_VECTORS', 'VECTORS', 'TURNS', 'PARTS', 'VECTORS_A_PART'],
];

/** What decides how the work is cut. */
export type SeparableSizes = Pick<SeparableConvolution, 'batch' | 'geometry' | 'inputChannels' | 'outputChannels' | 'epilogue'>;
