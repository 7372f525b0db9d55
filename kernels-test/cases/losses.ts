import type { Shape } from '../../src/core/value.ts';
import { type Case, type CaseTable, cycle, type Fill, labels, makeCase, normal, times } from './case.ts';

interface EntropySpec {
  readonly batch: number;
  readonly classes: number;
  readonly labelSmoothing?: number;
  readonly logits?: readonly [string, Fill];
}

export function crossEntropy({ batch, classes, labelSmoothing, logits }: EntropySpec): Case {
  const name = [`${batch}x${classes}`, labelSmoothing !== undefined && `smoothing ${labelSmoothing}`, logits?.[0]];
  return makeCase(
    'softmaxCrossEntropy',
    name.filter(Boolean).join(', '),
    { logits: [[batch, classes], logits?.[1] ?? normal(2)], labels: [[batch], labels(classes)] },
    labelSmoothing === undefined ? {} : { labelSmoothing },
  );
}

export const softmaxCrossEntropyCases = (): CaseTable => ({
  essential: [crossEntropy({ batch: 50, classes: 10 }), crossEntropy({ batch: 3, classes: 10, labelSmoothing: 0.1 })],
  further: [
    crossEntropy({ batch: 1, classes: 1 }),
    crossEntropy({ batch: 1, classes: 2, labelSmoothing: 0.5 }),
    crossEntropy({ batch: 50, classes: 3, labelSmoothing: 0.2 }),
    crossEntropy({ batch: 257, classes: 10 }),
    crossEntropy({ batch: 3, classes: 257 }),
    crossEntropy({ batch: 1000, classes: 7 }),
    crossEntropy({ batch: 11, classes: 9, logits: ['saturated', cycle(-1000, 0, 300, 1000)] }),
    crossEntropy({ batch: 5, classes: 6, logits: ['equal logits', cycle(-3)] }),
  ],
});

export function squaredError(shape: Shape): Case {
  return makeCase('meanSquaredError', times(shape), { prediction: [shape, normal()], target: [shape, normal()] });
}

export const meanSquaredErrorCases = (): CaseTable => ({
  essential: [squaredError([3, 7])],
  further: [[1, 1], [50, 10], [3, 5, 4, 3], [4099], [50, 784]].map(squaredError),
});
