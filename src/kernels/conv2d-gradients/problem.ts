import type { WindowGeometry } from '../../core/geometry.ts';
import type { Epilogue } from '../epilogue.ts';
import type { ElementType, View } from '../view.ts';

/**
 * All gradients of a convolution: of its input, ended by `epilogue`, and of filter and bias as `parts` partial sums.
 * Bindings: dy, filter, x, saved, state, dx, gradients of filter and bias.
 */
export interface Conv2dGradientsProblem {
  readonly replicas: number;
  readonly batch: number;
  readonly geometry: WindowGeometry;
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly groups: number;
  readonly bias: boolean;
  readonly epilogue: Epilogue;
  readonly dy: View;
  readonly x: View;
  readonly dx: View;
  readonly saved?: View;
  /** Whether what the epilogue reads is x itself. */
  readonly savedIsX: boolean;
  /** Elements from one replica's filter to the next. */
  readonly filterReplica: number;
  /** Of the filter [f32]. */
  readonly filterType?: ElementType;
  /** How many partial sums there are of the gradients of filter and bias, and the elements of one. */
  readonly parts: number;
  readonly filterLength: number;
  readonly biasLength: number;
}

/** What decides how the work is cut. */
export type GradientsShape = Pick<Conv2dGradientsProblem, 'batch' | 'geometry' | 'inputChannels' | 'outputChannels'>;
