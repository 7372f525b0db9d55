import { completeOne } from './complete.ts';
import { deepFreeze } from './freeze.ts';
import type { BranchLayer, Layer, LayerType, ResidualLayer } from './types.ts';

/** Paths over the same input, joined on the last axis; [] is the identity. */
export function branch(...paths: readonly (readonly Layer[])[]): BranchLayer {
  return container('branch', { paths });
}

/** x + layers(x). */
export function residual(...layers: readonly Layer[]): ResidualLayer {
  return container('residual', { layers });
}

/** Also checks the layers that it holds. */
function container<T extends LayerType>(type: T, fields: object): Extract<Layer, { type: T }> {
  return deepFreeze(completeOne(type, { ...fields })) as Extract<Layer, { type: T }>;
}
