import {
  absCases,
  addCases,
  divideCases,
  expCases,
  logCases,
  maximumCases,
  minimumCases,
  multiplyCases,
  negativeCases,
  preluCases,
  sqrtCases,
  subtractCases,
} from './arithmetic.ts';
import { gatherCases, meanCases, sumCases, transposeCases, upsample2dCases } from './axes.ts';
import type { Case, CaseTable } from './case.ts';
import { conv2dCases } from './conv2d.ts';
import { conv2dTransposeCases } from './conv2d-transpose.ts';
import { denseCases } from './dense.ts';
import { activationCases, concatCases, softmaxCases } from './elementwise.ts';
import { matmulCases } from './linear.ts';
import { binaryCrossEntropyCases, meanSquaredErrorCases, softmaxCrossEntropyCases } from './losses.ts';
import { batchNormCases, dropoutCases, layerNormCases } from './normalisation.ts';
import { avgPool2dCases, globalAvgPool2dCases, globalMaxPool2dCases, maxPool2dCases } from './pooling.ts';

export { type Case, outputGradientOf } from './case.ts';
export { randomCases } from './random.ts';

/** The seed of the random cases where none is given. */
export const DEFAULT_SEED = 20_260_101;

const tables: readonly (() => CaseTable)[] = [
  conv2dCases,
  conv2dTransposeCases,
  maxPool2dCases,
  avgPool2dCases,
  globalAvgPool2dCases,
  globalMaxPool2dCases,
  upsample2dCases,
  denseCases,
  ...Object.values(activationCases),
  preluCases,
  softmaxCases,
  concatCases,
  transposeCases,
  gatherCases,
  matmulCases,
  addCases,
  subtractCases,
  multiplyCases,
  divideCases,
  maximumCases,
  minimumCases,
  negativeCases,
  expCases,
  logCases,
  sqrtCases,
  absCases,
  sumCases,
  meanCases,
  batchNormCases,
  layerNormCases,
  dropoutCases,
  softmaxCrossEntropyCases,
  meanSquaredErrorCases,
  binaryCrossEntropyCases,
];

/**
 * The table of cases: `full` for each setting and size that matters, `small` for each operation and attribute once (about 40,
 * for drivers that are slow). Names are unique within an operation.
 */
export function cases({ size }: { size: 'full' | 'small' }): Case[] {
  return tables.flatMap((table) => {
    const { essential, further } = table();
    return size === 'small' ? [...essential] : [...essential, ...further];
  });
}
