import epilogue from '../../shaders/lib/epilogue.wgsl';
import schedule from '../../shaders/lib/schedule.wgsl';
import segments from '../../shaders/lib/segments.wgsl';
import shuffle from '../../shaders/lib/shuffle.wgsl';
import state from '../../shaders/lib/state.wgsl';
import threefry from '../../shaders/lib/threefry.wgsl';
import { type Constants, compose } from '../gpu/composer.ts';
import type { Access, Kernel } from '../gpu/kernel.ts';

const LIBRARY = { epilogue, schedule, segments, shuffle, state, threefry };

/** Composes one kernel from its file and constants. */
export function kernel(
  name: string,
  source: string,
  constants: Constants,
  bindings: readonly Access[],
  workgroups: readonly [number, number, number],
): Kernel {
  return { name, code: compose(source, constants, LIBRARY), bindings, workgroups };
}
