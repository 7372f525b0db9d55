import type { Shape } from '../../src/core/value.ts';
import { type Case, type CaseTable, cycle, type Fill, labels, makeCase, normal, times } from './case.ts';

interface EntropySpec {
  readonly batch: number;
  readonly classes: number;
  readonly labelSmoothing?: number;
  readonly reduction?: 'mean' | 'sum' | 'none';
  readonly logits?: readonly [string, Fill];
}

/** Logits at which a numeric derivative means nothing: they don't change by a small step. */
const huge: readonly [string, Fill] = ['huge logits', cycle(1e30, -1e30, 1e30, 1e7, 9e29, 9999999, 0, -3e4)];

const apart: readonly [string, Fill] = ['logits one apart', cycle(1e6, 999999, 100, 99)];

export function crossEntropy({ batch, classes, labelSmoothing, reduction, logits }: EntropySpec): Case {
  const name = [`${batch}x${classes}`, labelSmoothing !== undefined && `smoothing ${labelSmoothing}`, reduction, logits?.[0]];
  return makeCase(
    'softmaxCrossEntropy',
    name.filter(Boolean).join(', '),
    { logits: [[batch, classes], logits?.[1] ?? normal(2)], labels: [[batch], labels(classes)] },
    { ...(labelSmoothing !== undefined && { labelSmoothing }), ...(reduction && { reduction }) },
    logits === huge || logits === apart,
  );
}

export const softmaxCrossEntropyCases = (): CaseTable => ({
  essential: [
    crossEntropy({ batch: 50, classes: 10 }),
    crossEntropy({ batch: 3, classes: 10, labelSmoothing: 0.1 }),
    crossEntropy({ batch: 5, classes: 10, reduction: 'sum' }),
    crossEntropy({ batch: 7, classes: 3, labelSmoothing: 0.1, logits: huge }),
    crossEntropy({ batch: 5, classes: 4, reduction: 'none' }),
    crossEntropy({ batch: 3, classes: 257 }),
  ],
  further: [
    crossEntropy({ batch: 70, classes: 1000, labelSmoothing: 0.1 }),
    crossEntropy({ batch: 1, classes: 3, reduction: 'none' }),
    crossEntropy({ batch: 257, classes: 3, labelSmoothing: 0.2, reduction: 'none' }),
    crossEntropy({ batch: 1, classes: 1 }),
    crossEntropy({ batch: 1, classes: 2, labelSmoothing: 0.5 }),
    crossEntropy({ batch: 50, classes: 3, labelSmoothing: 0.2 }),
    crossEntropy({ batch: 257, classes: 10 }),
    crossEntropy({ batch: 257, classes: 3, labelSmoothing: 0.2, reduction: 'sum' }),
    crossEntropy({ batch: 4, classes: 5, reduction: 'mean' }),
    crossEntropy({ batch: 1000, classes: 7 }),
    crossEntropy({ batch: 11, classes: 9, logits: ['saturated', cycle(-1000, 0, 300, 1000)] }),
    crossEntropy({ batch: 5, classes: 6, logits: ['equal logits', cycle(-3)] }),
    crossEntropy({ batch: 9, classes: 4, logits: huge }),
    crossEntropy({ batch: 3, classes: 257, labelSmoothing: 0.3, logits: huge }),
    crossEntropy({ batch: 4, classes: 2, logits: apart }),
    crossEntropy({ batch: 4, classes: 2, logits: ['certain', cycle(20, -20, -40, 40)] }),
  ],
});

export function squaredError(shape: Shape, reduction?: 'mean' | 'sum' | 'none'): Case {
  return makeCase(
    'meanSquaredError',
    [times(shape), reduction].filter(Boolean).join(', '),
    { prediction: [shape, normal()], target: [shape, normal()] },
    reduction ? { reduction } : {},
  );
}

export const meanSquaredErrorCases = (): CaseTable => ({
  essential: [squaredError([3, 7]), squaredError([4, 6], 'sum'), squaredError([4, 6], 'none'), squaredError([3, 6, 7, 20])],
  further: [
    ...[[1, 1], [50, 10], [3, 5, 4, 3], [4099], [50, 784]].map((shape) => squaredError(shape)),
    ...[[1, 1], [3, 5, 4, 3], [4099]].map((shape) => squaredError(shape, 'sum')),
    ...[[1, 1], [3, 5, 4, 3], [4099]].map((shape) => squaredError(shape, 'none')),
  ],
});

interface BinarySpec {
  /** [N,1] or [N]. */
  readonly shape: Shape;
  readonly reduction?: 'mean' | 'sum' | 'none';
  readonly logits?: readonly [string, Fill];
}

export function binaryEntropy({ shape, reduction, logits }: BinarySpec): Case {
  return makeCase(
    'binaryCrossEntropy',
    [times(shape), reduction, logits?.[0]].filter(Boolean).join(', '),
    { logits: [shape, logits?.[1] ?? normal(2)], labels: [shape.slice(0, 1), labels(2)] },
    reduction ? { reduction } : {},
    logits === huge,
  );
}

export const binaryCrossEntropyCases = (): CaseTable => ({
  essential: [
    binaryEntropy({ shape: [50, 1] }),
    binaryEntropy({ shape: [5, 1], reduction: 'sum' }),
    binaryEntropy({ shape: [5, 1], reduction: 'none' }),
  ],
  further: [
    binaryEntropy({ shape: [257], reduction: 'none' }),
    binaryEntropy({ shape: [1, 1] }),
    binaryEntropy({ shape: [1] }),
    binaryEntropy({ shape: [7] }),
    binaryEntropy({ shape: [33], reduction: 'sum' }),
    binaryEntropy({ shape: [257, 1], reduction: 'mean' }),
    binaryEntropy({ shape: [1000, 1], reduction: 'sum' }),
    binaryEntropy({ shape: [64, 1], logits: ['saturated', cycle(-1000, -40, -9, 9, 40, 300, 1000)] }),
    binaryEntropy({ shape: [16, 1], logits: huge }),
    binaryEntropy({ shape: [9, 1], logits: ['undecided', cycle(0, -1e-3, 1e-6)] }),
  ],
});
