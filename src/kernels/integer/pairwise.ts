import pairwise from '../../../shaders/integer/pairwise.wgsl';
import type { Constants } from '../../gpu/composer.ts';
import type { Capabilities } from '../../gpu/gpu.ts';
import type { Kernel } from '../../gpu/kernel.ts';
import { workgroupSize } from '../family.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { type KernelRounding, roundingConstants } from './rounding.ts';

/** A factor, as shaders/lib/multiplied-once.wgsl has it. */
interface Factor {
  readonly multiplier: number;
  readonly shift: number;
}

export interface IntegerOperand {
  /** [height, width, channels]; 1 where the result's is repeated. */
  readonly shape: readonly [number, number, number];
  readonly zeroPoint: number;
}

/** The sum of two values, each times a factor, or their product; bindings: x0, x1, y. */
export interface IntegerPairwiseProblem {
  readonly batch: number;
  readonly a: IntegerOperand;
  readonly b: IntegerOperand;
  readonly y: IntegerOperand;
  /** Of a sum, and what its operands are shifted to the left by. */
  readonly sum?: { readonly factors: readonly [Factor, Factor]; readonly shift: number };
  readonly out: Factor;
  readonly least: number;
  readonly most: number;
  readonly rounding: KernelRounding;
}

const UNUSED: Factor = { multiplier: 0, shift: 0 };

export function integerPairwiseKernel(problem: IntegerPairwiseProblem, capabilities: Capabilities): Kernel {
  const { batch, y, sum } = problem;
  const [height, width, channels] = y.shape;
  const items = batch * height * width * channels;
  const spread = grid('an operation on two values of integers', items, workgroupSize(capabilities), 1, capabilities);
  const [a, b] = sum?.factors ?? [UNUSED, UNUSED];
  const constants = {
    ...spread.constants,
    ...roundingConstants(problem.rounding),
    ...operandConstants('A', problem.a),
    ...operandConstants('B', problem.b),
    ...factorConstants('A', a),
    ...factorConstants('B', b),
    ...factorConstants('OUT', problem.out),
    ITEMS: items,
    HEIGHT: height,
    WIDTH: width,
    CHANNELS: channels,
    SUM: sum !== undefined,
    SHIFT: sum?.shift ?? 0,
    Y_ZERO: { i32: y.zeroPoint },
    LEAST: { i32: problem.least },
    MOST: { i32: problem.most },
  };
  return kernel('integer-pairwise/direct', pairwise, constants, ['read', 'read', 'write'], spread.workgroups);
}

/** Elements from one to the next along each axis: 0 along one that is repeated. */
function operandConstants(name: string, { shape: [height, width, channels], zeroPoint }: IntegerOperand): Constants {
  return {
    [`${name}_SAMPLE`]: height * width * channels,
    [`${name}_ROW`]: height === 1 ? 0 : width * channels,
    [`${name}_COLUMN`]: width === 1 ? 0 : channels,
    [`${name}_CHANNEL`]: channels === 1 ? 0 : 1,
    [`${name}_ZERO`]: { i32: zeroPoint },
  };
}

function factorConstants(name: string, { multiplier, shift }: Factor): Constants {
  return { [`${name}_MULTIPLIER`]: { i32: multiplier }, [`${name}_SHIFT`]: { i32: shift } };
}
