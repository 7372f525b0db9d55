import { LimitError } from '../core/errors.ts';
import type { Constants } from '../gpu/composer.ts';
import type { Capabilities } from '../gpu/gpu.ts';

export interface Grid {
  readonly workgroups: readonly [number, number, number];
  /** GRID_X and WORKGROUP, by which a shader finds its item: (y * GRID_X + x) * WORKGROUP + local. */
  readonly constants: Constants;
}

/**
 * Spreads `items` invocations over workgroups of x and y, since one dimension holds at most 65,535 of them. Throws a
 * LimitError where `layers` (z) or the whole exceed what a dispatch can hold.
 */
export function grid(what: string, items: number, workgroup: number, layers: number, capabilities: Capabilities): Grid {
  const most = capabilities.maxWorkgroupsPerDimension;
  const total = Math.ceil(items / workgroup);
  const x = Math.min(total, most);
  const y = Math.ceil(total / x);
  if (y > most || layers > most || items >= 2 ** 32)
    throw new LimitError(
      'maxComputeWorkgroupsPerDimension',
      most,
      Math.max(y, layers),
      `A dispatch of ${what}`,
      'Use a smaller batch or model.',
    );
  return { workgroups: [x, y, layers], constants: { GRID_X: x, WORKGROUP: workgroup } };
}
