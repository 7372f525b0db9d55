import { OptionError } from '../core/errors.ts';
import { checkShape, type Shape } from '../core/value.ts';
import type { Weight } from './layers/definition.ts';
import type { LayerWithWeights } from './layers/ownership.ts';
import { type ContainerLayer, containerDefinition, isContainer, simpleDefinition } from './layers/registry.ts';
import { MOST_TIMES } from './layers/repeat.ts';
import type { SimpleLayer } from './layers/simple.ts';
import { layerNames } from './names.ts';
import { SharedWeights } from './shared-weights.ts';
import { Taps } from './taps.ts';
import type { Layer, Model } from './types.ts';

/** A tensor of a model. */
export interface Parameter extends Omit<Weight, 'role'> {
  /** `<layer>/<role>`. */
  readonly name: string;
  /** Whether an optimizer changes it: neither running statistics nor what a layer keeps as it is. */
  readonly trainable: boolean;
}

/** A layer in its path: named, with its shapes and its parameters. */
export interface ResolvedLayer {
  readonly layer: Layer;
  /** Unique in the model: `conv2d_1`, `branch_1/0/conv2d_1`. */
  readonly name: string;
  /** Shapes of one sample, without the batch axis. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** The layer's own, in the order in which kernels take them; none for a container, and for one that has another's. */
  readonly parameters: readonly Parameter[];
  /** The name of the layer whose weights it has: its own, unless they are shared. */
  readonly weightsOf: string;
  /** How often it runs: more than once inside of a repeat. */
  readonly times: number;
  /** Of a container: its lists, in the order in which they run. */
  readonly inner: readonly (readonly ResolvedLayer[])[];
}

/**
 * Names every layer and works out every shape. Throws a ShapeError that names the first layer that does not fit its input, or those
 * whose weights it has, and an OptionError for a join without its tap.
 */
export function resolve(m: Model): ResolvedLayer[] {
  return resolveLayers(m.layers, m.input, {
    where: 'layers',
    scope: '',
    times: 1,
    taps: new Taps(),
    shared: new SharedWeights(),
  });
}

/** Every parameter of the model, in layer order; a parameter's position is the stream of its random numbers. */
export function parametersOf(m: Model): Parameter[] {
  return layerList(resolve(m)).flatMap((layer) => layer.parameters);
}

/** A resolved tree as a list: a container, then what it holds. */
export function layerList(layers: readonly ResolvedLayer[]): ResolvedLayer[] {
  return layers.flatMap((layer) => [layer, ...layer.inner.flatMap(layerList)]);
}

/** Where a list of layers stands. */
interface Surroundings {
  readonly where: string;
  /** What its layers' names begin with. */
  readonly scope: string;
  readonly times: number;
  readonly taps: Taps<Shape>;
  readonly shared: SharedWeights;
}

function resolveLayers(layers: readonly Layer[], input: Shape, around: Surroundings): ResolvedLayer[] {
  const names = layerNames(around.where, layers);
  let shape = input;
  const resolved = layers.map((layer, index) => {
    const path = `${around.where}[${index}]`;
    const name = `${around.scope}${names[index]}`;
    const found = isContainer(layer)
      ? resolveContainer(layer, shape, { name, path }, around)
      : resolveSimple(layer, shape, { name, path }, around);
    shape = found.outputShape;
    return found;
  });
  around.taps.checkRead();
  return resolved;
}

interface Named {
  readonly name: string;
  readonly path: string;
}

function resolveContainer(layer: ContainerLayer, inputShape: Shape, { name, path }: Named, around: Surroundings): ResolvedLayer {
  const where = `${path} (${name})`;
  const definition = containerDefinition(layer.type);
  const times = around.times * (definition.times?.(layer) ?? 1);
  if (times > MOST_TIMES)
    throw new OptionError(`${where}: its layers run ${times} times, with the repeats around it; at most ${MOST_TIMES} will do`);
  const inner = definition.inner(layer).map(({ field, scope, layers }) =>
    resolveLayers(layers, inputShape, {
      where: `${path}.${field}`,
      scope: `${name}/${scope}`,
      times,
      taps: new Taps(definition.closed ? undefined : around.taps),
      shared: around.shared,
    }),
  );
  const outputs = inner.map((list) => list.at(-1)?.outputShape ?? inputShape);
  const outputShape = definition.outputShape(where, layer, inputShape, outputs);
  checkShape(`${where}: its output`, outputShape);
  return { layer, name, inputShape, outputShape, parameters: [], weightsOf: name, times: around.times, inner };
}

function resolveSimple(layer: SimpleLayer, inputShape: Shape, { name, path }: Named, around: Surroundings): ResolvedLayer {
  const where = `${path} (${name})`;
  const definition = simpleDefinition(layer.type);
  const outputShape = definition.outputShape(where, layer, inputShape, around.taps);
  checkShape(`${where}: its output`, outputShape);
  const weights = definition.weights?.(layer, inputShape, outputShape) ?? [];
  for (const { role, shape } of weights) checkShape(`${where}: ${name}/${role}`, shape);
  const { shared, trainable: given }: Partial<LayerWithWeights> = layer;
  const trainable = given !== false;
  const weightsOf =
    shared === undefined ? name : around.shared.ownerOf(shared, { name, where, type: layer.type, trainable, weights });
  const parameters = weightsOf === name ? weights.map((weight) => parameterOf(weight, name, trainable)) : [];
  return { layer, name, inputShape, outputShape, parameters, weightsOf, times: around.times, inner: [] };
}

// Written out, since models are resolved by the thousand in a search, and the rest of an object is slow to take.
function parameterOf(
  { role, shape, init, fanIn, fanOut, weightDecay, statistic }: Weight,
  layer: string,
  trainable: boolean,
): Parameter {
  return { name: `${layer}/${role}`, shape, init, fanIn, fanOut, weightDecay, statistic, trainable: trainable && !statistic };
}
