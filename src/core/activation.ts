import { OptionError } from './errors.ts';
import { checkFloat32 } from './float32.ts';
import { shown } from './shown.ts';

/** An activation as users write it. */
export type Activation = 'relu' | 'sigmoid' | 'tanh' | 'softmax' | { readonly type: 'leakyRelu'; readonly slope?: number };

/** The activations that act on each element alone, as kernels know them; `slope` belongs to leakyRelu. */
export interface ElementwiseActivation {
  readonly kind: 'linear' | 'relu' | 'leakyRelu' | 'sigmoid' | 'tanh';
  readonly slope: number;
}

export const LINEAR: ElementwiseActivation = { kind: 'linear', slope: 0 };

/** Throws an OptionError unless `value` is an activation (or undefined: none). */
export function checkActivation(where: string, value: unknown): Activation | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === 'relu' || value === 'sigmoid' || value === 'tanh' || value === 'softmax') return value;
  if (typeof value === 'object' && (value as { type?: unknown }).type === 'leakyRelu') {
    const slope = (value as { slope?: unknown }).slope ?? 0.01;
    // The kernels find the derivative from the output, whose sign tells the input's as long as the slope is not negative.
    if (typeof slope !== 'number' || !Number.isFinite(slope) || slope < 0)
      throw new OptionError(`${where}: the slope of leakyRelu must be a finite number of at least 0, got ${shown(slope)}`);
    checkFloat32(`${where}: the slope of leakyRelu`, slope);
    return { type: 'leakyRelu', slope };
  }
  throw new OptionError(
    `${where}: activation must be 'relu', 'sigmoid', 'tanh', 'softmax' or { type: 'leakyRelu', slope }, got ${shown(value)}`,
  );
}

/** The part of an activation that can be folded into a kernel; undefined for softmax, which needs the whole row. */
export function elementwise(activation: Activation | undefined): ElementwiseActivation | undefined {
  if (activation === undefined) return LINEAR;
  if (activation === 'softmax') return undefined;
  if (typeof activation === 'string') return { kind: activation, slope: 0 };
  return { kind: 'leakyRelu', slope: activation.slope ?? 0.01 };
}
