import { LimitError } from '../core/errors.ts';
import type { Constants } from '../gpu/composer.ts';
import type { Capabilities } from '../gpu/gpu.ts';
import { INDEXED_BYTES } from '../gpu/limits.ts';

export interface Grid {
  readonly workgroups: readonly [number, number, number];
  /** GRID_X and WORKGROUP, by which a shader finds its item: (y * GRID_X + x) * WORKGROUP + local. */
  readonly constants: Constants;
}

/**
 * Spreads `items` invocations over workgroups of x and y, since one dimension holds at most 65,535 of them, in even rows. Throws
 * a LimitError where they or the `layers` (z) exceed what a dispatch can hold, or what 32 bits can count.
 */
export function grid(what: string, items: number, workgroup: number, layers: number, capabilities: Capabilities): Grid {
  const most = capabilities.maxWorkgroupsPerDimension;
  const total = Math.ceil(items / workgroup);
  if (total > most * most)
    throw new LimitError(
      'maxComputeWorkgroupsPerDimension',
      most,
      Math.ceil(total / most),
      `A dispatch of ${what}, in its second dimension,`,
      `Workgroups are meant; ${Math.floor((100 * most * most) / total)}% of the work would fit: use as much smaller a batch or layer.`,
    );
  if (layers > most)
    throw new LimitError(
      'maxComputeWorkgroupsPerDimension',
      most,
      layers,
      `A dispatch of ${what}, in its third dimension (replicas times groups and partial sums),`,
      `Workgroups are meant; ${Math.floor((100 * most) / layers)}% of these would fit: use as many fewer replicas or groups.`,
    );
  const y = Math.ceil(total / most);
  const x = Math.ceil(total / y);
  // The last row may reach beyond the items.
  const reached = x * y * workgroup;
  if (reached > 2 ** 32)
    throw new LimitError(
      'maxIndexedBytes',
      INDEXED_BYTES,
      reached * 4,
      `A dispatch of ${what}`,
      `Four bytes an item are meant; ${Math.floor((100 * 2 ** 32) / reached)}% of these would fit: use as much smaller a batch or layer.`,
    );
  return { workgroups: [x, y, layers], constants: { GRID_X: x, WORKGROUP: workgroup } };
}
