import lookup from '../../../shaders/integer/lookup.wgsl';
import type { Capabilities } from '../../gpu/gpu.ts';
import type { Kernel } from '../../gpu/kernel.ts';
import { workgroupSize } from '../family.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';

/** An activation of so many integers; bindings: x, table, y. */
export function integerLookupKernel(items: number, capabilities: Capabilities): Kernel {
  const spread = grid('an activation of integers', items, workgroupSize(capabilities), 1, capabilities);
  return kernel(
    'integer-lookup/direct',
    lookup,
    { ...spread.constants, ITEMS: items },
    ['read', 'read', 'write'],
    spread.workgroups,
  );
}
