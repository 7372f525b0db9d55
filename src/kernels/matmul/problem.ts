import { type Epilogue, epilogueConstants } from '../epilogue.ts';
import { splitSum } from '../family.ts';
import { type ElementType, elementAlias, type View, viewConstants } from '../view.ts';

/** Where element (row, column) of a factor lies: offset + row * rowStride + column * columnStride, in elements. */
export interface Factor {
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
  readonly replicaStride: number;
  /** [f32] */
  readonly type?: ElementType;
}

/**
 * y[m,n] = epilogue(bias[n] + sum over k of a[m,k] b[k,n]), the sum cut into `splits` partial results y[s] where `splits` > 1.
 * `ones` adds a row m = M in which a is 1, written apart: the bias gradient.
 * Bindings: a, b, bias, saved, state, y, ones.
 */
export interface MatmulProblem {
  readonly replicas: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Factor;
  readonly b: Factor;
  readonly y: View;
  readonly saved?: View;
  readonly bias: boolean;
  readonly biasReplica: number;
  readonly ones: boolean;
  /** Elements of one partial result of the row of ones. */
  readonly onesLength: number;
  readonly splits: number;
  readonly perSplit: number;
  readonly epilogue: Epilogue;
}

/** Into how many partial sums a weight gradient over `batch` rows is cut: a choice by shape alone. */
export function weightGradientSplits(batch: number): { splits: number; perSplit: number } {
  return splitSum(batch, 512, Math.min(256, Math.max(16, Math.ceil(batch / 2 ** 16))));
}

export function matmulConstants(problem: MatmulProblem) {
  const { a, b } = problem;
  return {
    ...viewConstants('Y', problem.y),
    ...viewConstants('SAVED', problem.saved),
    ...epilogueConstants(problem.epilogue),
    // An activation or a weight each, but the result of a weight gradient is f32 always.
    ...elementAlias('FactorA', a),
    ...elementAlias('FactorB', b),
    ...elementAlias('Result', problem.y),
    ...elementAlias('Activation', problem.saved),
    M: problem.m,
    N: problem.n,
    K: problem.k,
    K_PER_SPLIT: problem.perSplit,
    SPLITS: problem.splits,
    A_REPLICA: a.replicaStride,
    A_OFFSET: a.offset,
    A_M: a.rowStride,
    A_K: a.columnStride,
    B_REPLICA: b.replicaStride,
    B_OFFSET: b.offset,
    B_K: b.rowStride,
    B_N: b.columnStride,
    BIAS: problem.bias,
    BIAS_REPLICA: problem.biasReplica,
    ONES: problem.ones,
    ONES_LENGTH: problem.onesLength,
  };
}

export const MATMUL_BINDINGS = ['read', 'read', 'read', 'read', 'read', 'write', 'write'] as const;
