import { isRecord, refuseUnknown } from '../core/arguments.ts';
import { completeOne } from './complete.ts';
import { oneOf } from './fields.ts';
import { deepFreeze } from './freeze.ts';
import type { BranchLayer, GateLayer, Layer, LayerType, MergeLayer, RepeatLayer, ResidualLayer } from './types.ts';

export interface ResidualOptions {
  /** [the identity] */
  readonly shortcut?: readonly Layer[];
  readonly name?: string;
}

/** Paths over the same input, joined on the last axis; [] is the identity. */
export function branch(...paths: readonly (readonly Layer[])[]): BranchLayer {
  return container('branch', { paths });
}

/** x + layers(x), or, after { shortcut: [...] }, shortcut(x) + layers(x): the shapes must agree. */
export function residual(...layers: readonly Layer[]): ResidualLayer;
export function residual(options: ResidualOptions, ...layers: readonly Layer[]): ResidualLayer;
export function residual(...given: readonly (ResidualOptions | Layer)[]): ResidualLayer {
  const [first, ...layers] = given;
  if (!isRecord(first) || 'type' in first) return container('residual', { layers: given });
  refuseUnknown('residual: the options', first, ['shortcut', 'name'], 'field');
  return container('residual', { ...first, layers });
}

/** x * layers(x), where layers(x) is a factor for each channel ([C] or [1,1,C]) or for each element: squeeze-and-excite. */
export function gate(...layers: readonly Layer[]): GateLayer {
  return container('gate', { layers });
}

/** The layers so often in a row, each time with the same weights: counted once, computed each time. They keep the shape. */
export function repeat(times: number, ...layers: readonly Layer[]): RepeatLayer {
  return container('repeat', { times, layers });
}

/** Paths over the same input, whose outputs are added, multiplied or concatenated ('concat': a `branch`); [] is the identity. */
export function merge(kind: 'concat', ...paths: readonly (readonly Layer[])[]): BranchLayer;
export function merge(kind: 'add' | 'multiply', ...paths: readonly (readonly Layer[])[]): MergeLayer;
export function merge(kind: 'add' | 'multiply' | 'concat', ...paths: readonly (readonly Layer[])[]): MergeLayer | BranchLayer {
  if (oneOf('merge', 'kind', kind, ['add', 'multiply', 'concat']) === 'concat') return branch(...paths);
  return container('merge', { kind, paths });
}

/** Also checks the layers that it holds. */
function container<T extends LayerType>(type: T, fields: object): Extract<Layer, { type: T }> {
  return deepFreeze(completeOne(type, { ...fields })) as Extract<Layer, { type: T }>;
}
