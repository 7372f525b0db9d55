import halve from '../../shaders/optimizer/halve.wgsl';
import overflow from '../../shaders/optimizer/overflow.wgsl';
import type { Constants } from '../gpu/composer.ts';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Kernel } from '../gpu/kernel.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { chunkedGrid } from './vec4.ts';
import { elementAlias } from './view.ts';

/**
 * Dynamic loss scaling (Micikevicius et al., "Mixed precision training", ICLR 2018). A mean loss over one sample has gradients of
 * up to 1, which the first scale leaves finite in f16.
 */
export const FIRST_LOSS_SCALE = 2 ** 15;
export const MOST_LOSS_SCALE = 2 ** 24;
/** Good steps after which the scale doubles; a step that is skipped halves it, down to 1. */
export const GROWTH_STEPS = 2000;

/** What batch/finish.wgsl needs to know of loss scaling. */
export function scalingConstants(mixed: boolean): Constants {
  return { MIXED: mixed, GROWTH_STEPS, MOST_SCALE: { f32: MOST_LOSS_SCALE } };
}

/** Notes which replicas have a gradient that is not finite. Bindings: table, gradients, state. */
export function overflowKernel(chunks: number, chunk: number, capabilities: Capabilities): Kernel {
  const { workgroups, constants } = grid('the search for overflows', chunks, 1, 1, capabilities);
  return kernel(
    'optimizer/overflow',
    overflow,
    { ...constants, WORKGROUP: 64, CHUNK: chunk },
    ['read', 'read', 'write'],
    workgroups,
  );
}

/** The f16 copies of `length` parameters, a multiple of 4. Bindings: values, halves. */
export function halvingKernel(length: number, capabilities: Capabilities): Kernel {
  const spread = chunkedGrid('the halving of parameters', length / 4, 1, capabilities);
  return kernel(
    'optimizer/halve',
    halve,
    { ...spread.constants, ...elementAlias('Weight', { type: 'f16' }), ITEMS: length / 4 },
    ['read', 'write'],
    spread.workgroups,
  );
}
