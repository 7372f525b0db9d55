import axes from '../../shaders/reduce/axes.wgsl';
import splits from '../../shaders/reduce/splits.wgsl';
import { elements, type Shape } from '../core/value.ts';
import { type Calculation, calculationCode } from './arithmetic.ts';
import { type Family, workgroupSize } from './family.ts';
import { given } from './given.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';
import { axisConstants, type Strided, stridedConstants } from './strided.ts';
import { elementAlias } from './view.ts';

/** Adds `splits` partial results of `length` elements in order. Bindings: partial results, sum. */
export interface SumSplitsProblem {
  readonly replicas: number;
  readonly splits: number;
  readonly length: number;
  /** Elements from one partial result, and from one replica's sum, to the next. */
  readonly part: number;
}

export const sumSplitsFamily: Family<SumSplitsProblem> = {
  name: 'sum-splits',
  prefer: () => 'direct',
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build(problem, capabilities) {
        const spread = grid('a sum of partial results', problem.length, 64, problem.replicas, capabilities);
        const all = {
          ...spread.constants,
          ...longSumConstants(problem.splits),
          SPLITS: problem.splits,
          LENGTH: problem.length,
          PART: problem.part,
        };
        return kernel(
          'sum-splits/direct',
          splits,
          capabilities.kind === 'cpu' ? given(all, ['GRID_X', 'SPLITS', 'LENGTH', 'PART']) : all,
          ['read', 'write'],
          spread.workgroups,
        );
      },
    },
  ],
};

/** An operand of a sum over axes: its steps along the kept axes, and along those that are summed. */
export interface Summand extends Strided {
  readonly terms: readonly number[];
}

/**
 * y = factor times the sum over the axes `summed` of calculation(a, b, c), for each element of the kept axes `sizes`; where `splits` > 1
 * that many partial sums, `part` elements apart, as replicas are. Bindings: a, b, c, y.
 */
export interface SumProblem {
  readonly replicas: number;
  readonly calculation: Calculation;
  readonly factor: number;
  readonly sizes: Shape;
  readonly summed: Shape;
  readonly splits: number;
  readonly perSplit: number;
  readonly part: number;
  readonly a: Summand;
  readonly b?: Summand;
  readonly c?: Summand;
  readonly y: Strided;
}

export const sumFamily: Family<SumProblem> = {
  name: 'sum',
  prefer: () => 'direct',
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build(problem, capabilities) {
        const { a, b, c, y, sizes, summed, splits } = problem;
        const items = elements(sizes);
        const spread = grid('a sum', items, workgroupSize(capabilities), problem.replicas * splits, capabilities);
        const constants = {
          ...spread.constants,
          ...longSumConstants(problem.perSplit),
          ...axisConstants('SIZE', sizes, 1),
          ...axisConstants('SUMMED', summed, 1),
          ...stridedConstants('A', a),
          ...stridedConstants('B', b),
          ...stridedConstants('C', c),
          ...stridedConstants('Y', y),
          ...axisConstants('A_TERM', a.terms, 0),
          ...axisConstants('B_TERM', b?.terms ?? [], 0),
          ...axisConstants('C_TERM', c?.terms ?? [], 0),
          ...elementAlias('TermA', a),
          ...elementAlias('TermB', b),
          ...elementAlias('TermC', c),
          ...elementAlias('Result', y),
          CALCULATION: calculationCode(problem.calculation),
          OPERANDS: c ? 3 : b ? 2 : 1,
          FACTOR: { f32: problem.factor },
          ITEMS: items,
          TERMS: elements(summed),
          SPLITS: splits,
          TERMS_A_SPLIT: problem.perSplit,
          PART: problem.part,
        };
        return kernel('sum/direct', axes, constants, ['read', 'read', 'read', 'write'], spread.workgroups);
      },
    },
  ],
};
