import type { NamedLayer } from './layers/definition.ts';
import type { SimpleLayer } from './layers/simple.ts';

/** The paths see the same input; their outputs are joined on the last axis. An empty path is the identity. */
export interface BranchLayer extends NamedLayer {
  readonly type: 'branch';
  readonly paths: readonly (readonly Layer[])[];
}

/** shortcut(x) + layers(x); a shortcut that is absent is the identity. */
export interface ResidualLayer extends NamedLayer {
  readonly type: 'residual';
  readonly layers: readonly Layer[];
  readonly shortcut?: readonly Layer[];
}

/** x * layers(x), where layers(x) is a factor for each channel or for each element. */
export interface GateLayer extends NamedLayer {
  readonly type: 'gate';
  readonly layers: readonly Layer[];
}

/** The layers so often in a row, each time with the same weights. */
export interface RepeatLayer extends NamedLayer {
  readonly type: 'repeat';
  readonly times: number;
  readonly layers: readonly Layer[];
}

/** The paths see the same input; their outputs, all of one shape, are added or multiplied. An empty path is the identity. */
export interface MergeLayer extends NamedLayer {
  readonly type: 'merge';
  readonly kind: 'add' | 'multiply';
  readonly paths: readonly (readonly Layer[])[];
}

/** One layer of a model, with every option present but those whose absence says something: `name`, `activation`, `shared`, ... */
export type Layer = SimpleLayer | BranchLayer | ResidualLayer | GateLayer | RepeatLayer | MergeLayer;

export type LayerType = Layer['type'];

/** An image [height, width, channels] or a vector [size], without the batch axis. */
export type InputShape = readonly [number, number, number] | readonly [number];

/** An architecture as plain, deeply frozen data; JSON and back is the same model. */
export interface Model {
  readonly format: 1;
  readonly input: InputShape;
  readonly layers: readonly Layer[];
}
