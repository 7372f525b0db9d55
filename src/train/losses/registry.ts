import type { LossName } from '../../kernels/loss.ts';
import { binaryCrossEntropy } from './binaryCrossEntropy.ts';
import type { LossDefinition } from './definition.ts';
import { distillation } from './distillation.ts';
import { huber } from './huber.ts';
import { meanAbsoluteError } from './meanAbsoluteError.ts';
import { meanSquaredError } from './meanSquaredError.ts';
import { softmaxCrossEntropy } from './softmaxCrossEntropy.ts';

/** Every loss that a trainer knows, in the order in which errors name them. */
export const LOSSES: Readonly<Record<LossName, LossDefinition>> = {
  softmaxCrossEntropy,
  meanSquaredError,
  binaryCrossEntropy,
  meanAbsoluteError,
  huber,
  distillation,
};

export const lossNames = Object.keys(LOSSES) as readonly LossName[];
