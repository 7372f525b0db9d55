import { LINEAR } from '../core/activation.ts';
import { OptionError } from '../core/errors.ts';
import { checkFloat32 } from '../core/float32.ts';
import { checkSeed } from '../core/random.ts';
import { shown } from '../core/shown.ts';
import type { Tensor } from '../graph/tensor.ts';
import { mapped } from './elementwise.ts';

export interface DropoutAttributes {
  readonly rate: number;
  /** With `step`: draw with these instead of the training state's. */
  readonly seed?: number;
  readonly step?: number;
  /** Separates the dropouts of one network [0]. */
  readonly layer?: number;
}

export function dropout(inputs: { x: Tensor }, attributes: DropoutAttributes): Tensor {
  const { rate, seed, step, layer = 0 } = attributes;
  if (typeof rate !== 'number' || !(rate >= 0 && rate < 1))
    throw new OptionError(`dropout: rate must be at least 0 and below 1, got ${shown(rate)}`);
  checkFloat32('dropout: rate', rate);
  if ((seed === undefined) !== (step === undefined)) throw new OptionError('dropout: give both seed and step, or neither');
  const fixed =
    seed !== undefined && step !== undefined
      ? { seed: checkSeed('dropout', seed), step: checkSeed('dropout: step', step) }
      : undefined;
  return mapped('dropout', inputs.x, {
    activation: LINEAR,
    gradient: false,
    dropout: { rate, layer: checkSeed('dropout: layer', layer), fixed },
  });
}
