import type { Layer, LayerType } from '../types.ts';
import { branchDefinition } from './branch.ts';
import type { ContainerDefinition, InnerList, SimpleDefinition } from './definition.ts';
import { gateDefinition } from './gate.ts';
import { mergeDefinition } from './merge.ts';
import { repeatDefinition } from './repeat.ts';
import { residualDefinition } from './residual.ts';
import { type SimpleLayer, simpleDefinitions } from './simple.ts';

/** A layer that holds others. */
export type ContainerLayer = Exclude<Layer, SimpleLayer>;

const containerDefinitions: {
  readonly [T in ContainerLayer['type']]: ContainerDefinition<Extract<Layer, { readonly type: T }>, Layer>;
} = {
  branch: branchDefinition,
  residual: residualDefinition,
  gate: gateDefinition,
  repeat: repeatDefinition,
  merge: mergeDefinition,
};

/** Every layer type by name. */
export const layerDefinitions: {
  readonly [T in LayerType]: T extends SimpleLayer['type']
    ? SimpleDefinition<Extract<Layer, { readonly type: T }>>
    : ContainerDefinition<Extract<Layer, { readonly type: T }>, Layer>;
} = /* @__PURE__ */ Object.assign({}, simpleDefinitions, containerDefinitions);

export function isLayerType(value: unknown): value is LayerType {
  return typeof value === 'string' && Object.hasOwn(layerDefinitions, value);
}

export function isContainer(layer: Layer): layer is ContainerLayer {
  return isContainerType(layer.type);
}

export function isContainerType(type: LayerType): type is ContainerLayer['type'] {
  return Object.hasOwn(containerDefinitions, type);
}

export function simpleDefinition(type: SimpleLayer['type']): SimpleDefinition<SimpleLayer> {
  return simpleDefinitions[type] as SimpleDefinition<SimpleLayer>;
}

export function containerDefinition(type: ContainerLayer['type']): ContainerDefinition<ContainerLayer, Layer> {
  return containerDefinitions[type] as ContainerDefinition<ContainerLayer, Layer>;
}

/** The lists of layers that a layer holds, in the order in which they run; none of a layer that holds no others. */
export function innerLists(layer: Layer): readonly InnerList<Layer>[] {
  return isContainer(layer) ? containerDefinition(layer.type).inner(layer) : [];
}

/** The same layer around other lists, as many as `innerLists` gives. */
export function withInnerLists(layer: Layer, lists: readonly (readonly Layer[])[]): Layer {
  return isContainer(layer) ? containerDefinition(layer.type).withInner(layer, lists) : layer;
}
