import { checkShape, type Shape } from '../core/value.ts';
import type { Weight } from './layers/definition.ts';
import { containerDefinition, isContainer, simpleDefinition } from './layers/registry.ts';
import { layerNames } from './names.ts';
import type { Layer, Model } from './types.ts';

/** A tensor of a model. */
export interface Parameter extends Omit<Weight, 'role' | 'statistic'> {
  /** `<layer>/<role>`. */
  readonly name: string;
  /** Whether an optimizer changes it: running statistics are kept up to date beside the training. */
  readonly trainable: boolean;
}

/** A layer in its place: named, with its shapes and its parameters. */
export interface ResolvedLayer {
  readonly layer: Layer;
  /** Unique in the model: `conv2d_1`, `branch_1/0/conv2d_1`. */
  readonly name: string;
  /** Shapes of one sample, without the batch axis. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** The layer's own, in the order in which kernels take them; none for a container. */
  readonly parameters: readonly Parameter[];
  /** Of a container: its lists, in the order in which they run. */
  readonly inner: readonly (readonly ResolvedLayer[])[];
}

/** Names every layer and works out every shape. Throws a ShapeError that names the first layer that does not fit its input. */
export function resolve(m: Model): ResolvedLayer[] {
  return resolveLayers('layers', '', m.layers, m.input);
}

/** Every parameter of the model, in layer order; a parameter's position is the stream of its random numbers. */
export function parametersOf(m: Model): Parameter[] {
  return layerList(resolve(m)).flatMap((layer) => layer.parameters);
}

/** A resolved tree as a list: a container, then what it holds. */
export function layerList(layers: readonly ResolvedLayer[]): ResolvedLayer[] {
  return layers.flatMap((layer) => [layer, ...layer.inner.flatMap(layerList)]);
}

function resolveLayers(where: string, scope: string, layers: readonly Layer[], input: Shape): ResolvedLayer[] {
  const names = layerNames(where, layers);
  let shape = input;
  return layers.map((layer, index) => {
    const resolved = resolveLayer(`${where}[${index}]`, `${scope}${names[index]}`, layer, shape);
    shape = resolved.outputShape;
    return resolved;
  });
}

function resolveLayer(place: string, name: string, layer: Layer, inputShape: Shape): ResolvedLayer {
  const where = `${place} (${name})`;
  if (isContainer(layer)) {
    const definition = containerDefinition(layer.type);
    const inner = definition
      .inner(layer)
      .map(({ field, scope, layers }) => resolveLayers(`${place}.${field}`, `${name}/${scope}`, layers, inputShape));
    const outputs = inner.map((list) => list.at(-1)?.outputShape ?? inputShape);
    const outputShape = definition.outputShape(where, layer, inputShape, outputs);
    checkShape(`${where}: its output`, outputShape);
    return { layer, name, inputShape, outputShape, parameters: [], inner };
  }
  const definition = simpleDefinition(layer.type);
  const outputShape = definition.outputShape(where, layer, inputShape);
  checkShape(`${where}: its output`, outputShape);
  const weights = definition.weights?.(layer, inputShape, outputShape) ?? [];
  const parameters = weights.map(({ role, statistic, ...weight }) => ({
    ...weight,
    name: `${name}/${role}`,
    trainable: !statistic,
  }));
  for (const { name: own, shape } of parameters) checkShape(`${where}: ${own}`, shape);
  return { layer, name, inputShape, outputShape, parameters, inner: [] };
}
