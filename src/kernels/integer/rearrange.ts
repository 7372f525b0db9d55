import rearrange from '../../../shaders/integer/rearrange.wgsl';
import type { Capabilities } from '../../gpu/gpu.ts';
import type { Kernel } from '../../gpu/kernel.ts';
import { workgroupSize } from '../family.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';

/** Integers moved about; bindings: x, y. */
export interface IntegerRearrangeProblem {
  readonly batch: number;
  /** Of what is written. */
  readonly height: number;
  readonly width: number;
  /** Of what is read, and so written. */
  readonly channels: number;
  /** All of y, and the first that is written [0]. */
  readonly yChannels: number;
  readonly offset?: number;
  /** How often each pixel is repeated, downwards and to the right [once]. */
  readonly factor?: readonly [number, number];
  /** Groups whose channels are dealt out [1]. */
  readonly groups?: number;
}

export function integerRearrangeKernel(problem: IntegerRearrangeProblem, capabilities: Capabilities): Kernel {
  const { batch, height, width, channels, yChannels, offset = 0, factor = [1, 1], groups = 1 } = problem;
  const items = batch * height * width * channels;
  const spread = grid('a copy of integers', items, workgroupSize(capabilities), 1, capabilities);
  const constants = {
    ...spread.constants,
    ITEMS: items,
    OUT_HEIGHT: height,
    OUT_WIDTH: width,
    CHANNELS: channels,
    Y_CHANNELS: yChannels,
    OFFSET: offset,
    DOWN: factor[0],
    ACROSS: factor[1],
    GROUPS: groups,
  };
  return kernel('integer-rearrange/direct', rearrange, constants, ['read', 'write'], spread.workgroups);
}
