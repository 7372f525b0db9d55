import linear from '../../../shaders/integer/linear.wgsl';
import type { WindowGeometry } from '../../core/geometry.ts';
import type { Capabilities } from '../../gpu/gpu.ts';
import type { Kernel } from '../../gpu/kernel.ts';
import { workgroupSize } from '../family.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { windowConstants } from './geometry.ts';
import { type KernelRounding, roundingConstants } from './rounding.ts';

/** A convolution in integers; bindings: x, weights, channels, y. A dense layer has a window of one pixel. */
export interface IntegerLinearProblem {
  readonly batch: number;
  readonly window: WindowGeometry;
  /** Input channels of a group. */
  readonly size: number;
  readonly outputs: number;
  readonly groups: number;
  readonly xZero: number;
  readonly yZero: number;
  readonly least: number;
  readonly most: number;
  readonly rounding: KernelRounding;
}

export function integerLinearKernel(problem: IntegerLinearProblem, capabilities: Capabilities): Kernel {
  const { batch, window, size, outputs, groups } = problem;
  const items = batch * window.outputHeight * window.outputWidth * outputs;
  const spread = grid('a layer in integers', items, workgroupSize(capabilities), 1, capabilities);
  const constants = {
    ...windowConstants(window),
    ...spread.constants,
    ...roundingConstants(problem.rounding),
    ITEMS: items,
    SIZE: size,
    OUTPUTS: outputs,
    GROUPS: groups,
    X_ZERO: { i32: problem.xZero },
    Y_ZERO: { i32: problem.yZero },
    LEAST: { i32: problem.least },
    MOST: { i32: problem.most },
  };
  return kernel('integer-linear/direct', linear, constants, ['read', 'read', 'read', 'write'], spread.workgroups);
}
