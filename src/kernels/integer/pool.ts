import pool from '../../../shaders/integer/pool.wgsl';
import type { WindowGeometry } from '../../core/geometry.ts';
import type { Capabilities } from '../../gpu/gpu.ts';
import type { Kernel } from '../../gpu/kernel.ts';
import { workgroupSize } from '../family.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { windowConstants } from './geometry.ts';

/** A pooling of integers; bindings: x, y. */
export interface IntegerPoolProblem {
  readonly batch: number;
  readonly window: WindowGeometry;
  readonly channels: number;
  readonly maximum: boolean;
}

export function integerPoolKernel({ batch, window, channels, maximum }: IntegerPoolProblem, capabilities: Capabilities): Kernel {
  const items = batch * window.outputHeight * window.outputWidth * channels;
  const spread = grid('a pooling of integers', items, workgroupSize(capabilities), 1, capabilities);
  const constants = { ...windowConstants(window), ...spread.constants, ITEMS: items, CHANNELS: channels, MAXIMUM: maximum };
  return kernel('integer-pool/direct', pool, constants, ['read', 'write'], spread.workgroups);
}
