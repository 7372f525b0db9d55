import type { NamedLayer } from './layers/definition.ts';
import type { SimpleLayer } from './layers/simple.ts';

/** The paths see the same input; their outputs are joined on the last axis. An empty path is the identity. */
export interface BranchLayer extends NamedLayer {
  readonly type: 'branch';
  readonly paths: readonly (readonly Layer[])[];
}

/** x + layers(x). */
export interface ResidualLayer extends NamedLayer {
  readonly type: 'residual';
  readonly layers: readonly Layer[];
}

/** One layer of a model, with every option but `name` and `activation` present. */
export type Layer = SimpleLayer | BranchLayer | ResidualLayer;

export type LayerType = Layer['type'];

/** An image [height, width, channels] or a vector [size], without the batch axis. */
export type InputShape = readonly [number, number, number] | readonly [number];

/** An architecture as plain, deeply frozen data; JSON and back is the same model. */
export interface Model {
  readonly format: 1;
  readonly input: InputShape;
  readonly layers: readonly Layer[];
}
