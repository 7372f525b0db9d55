import { ShapeError } from '../core/errors.ts';
import { type Pair, windowGeometry } from '../core/geometry.ts';
import { checkShape, elements, formatShape, type Shape, sameShape } from '../core/value.ts';
import { layerNames } from './names.ts';
import { layerParameters, type Parameter } from './parameters.ts';
import type { BranchLayer, Layer, Model, ResidualLayer, SimpleLayer } from './types.ts';

interface Resolved {
  /** Unique in the model: `conv2d_1`, `branch_1/0/conv2d_1`. */
  readonly name: string;
  /** Shapes of one sample, without the batch axis. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** The layer's own, in the order in which kernels take them; none for branch and residual. */
  readonly parameters: readonly Parameter[];
}

export type ResolvedSimpleLayer = SimpleLayer & Resolved;
export type ResolvedBranch = Omit<BranchLayer, 'paths' | 'name'> &
  Resolved & { readonly paths: readonly (readonly ResolvedLayer[])[] };
export type ResolvedResidual = Omit<ResidualLayer, 'layers' | 'name'> & Resolved & { readonly layers: readonly ResolvedLayer[] };

/** A layer in its place: named, with its shapes and its parameters. */
export type ResolvedLayer = ResolvedSimpleLayer | ResolvedBranch | ResolvedResidual;

/** Names every layer and works out every shape. Throws a ShapeError that names the first layer that does not fit its input. */
export function resolve(m: Model): ResolvedLayer[] {
  return resolveLayers('layers', '', m.layers, m.input);
}

/** Every parameter of the model, in layer order; a parameter's position is the stream of its random numbers. */
export function parametersOf(m: Model): Parameter[] {
  return layerList(resolve(m)).flatMap((layer) => layer.parameters);
}

/** A resolved tree as a list: a branch or residual, then what it holds. */
export function layerList(layers: readonly ResolvedLayer[]): ResolvedLayer[] {
  return layers.flatMap((layer) => {
    if (layer.type === 'branch') return [layer, ...layer.paths.flatMap(layerList)];
    if (layer.type === 'residual') return [layer, ...layerList(layer.layers)];
    return [layer];
  });
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
  if (layer.type === 'branch') {
    const paths = layer.paths.map((path, index) =>
      resolveLayers(`${place}.paths[${index}]`, `${name}/${index}/`, path, inputShape),
    );
    const outputs = paths.map((path) => path.at(-1)?.outputShape ?? inputShape);
    const outputShape = joinedShape(where, outputs);
    checkShape(`${where}: its output`, outputShape);
    return { type: layer.type, paths, name, inputShape, outputShape, parameters: [] };
  }
  if (layer.type === 'residual') {
    const layers = resolveLayers(`${place}.layers`, `${name}/`, layer.layers, inputShape);
    const outputShape = layers.at(-1)?.outputShape ?? inputShape;
    if (!sameShape(inputShape, outputShape))
      throw new ShapeError(
        `${where}: its layers must keep the shape ${formatShape(inputShape)} of their input, but make it ` +
          `${formatShape(outputShape)}; change the number of filters or units, the strides or the padding inside`,
      );
    return { type: layer.type, layers, name, inputShape, outputShape, parameters: [] };
  }
  const outputShape = simpleOutput(where, layer, inputShape);
  checkShape(`${where}: its output`, outputShape);
  const parameters = layerParameters(layer, name, inputShape, outputShape);
  for (const { name: own, shape } of parameters) checkShape(`${where}: ${own}`, shape);
  return { ...layer, name, inputShape, outputShape, parameters };
}

function simpleOutput(where: string, layer: SimpleLayer, input: Shape): Shape {
  switch (layer.type) {
    case 'conv2d': {
      const [height, width, channels] = image(where, input);
      for (const [what, size] of [
        ['input channels', channels],
        ['filters', layer.filters],
      ] as const)
        if (size % layer.groups !== 0) throw new ShapeError(`${where}: groups ${layer.groups} must divide the ${size} ${what}`);
      const window = windowGeometry(where, [height, width], layer.kernel, layer.strides, layer.padding, layer.dilations);
      return [window.outputHeight, window.outputWidth, layer.filters];
    }
    case 'depthwiseConv2d': {
      const [height, width, channels] = image(where, input);
      const window = windowGeometry(where, [height, width], layer.kernel, layer.strides, layer.padding, layer.dilations);
      return [window.outputHeight, window.outputWidth, channels * layer.multiplier];
    }
    case 'maxPool2d':
    case 'avgPool2d': {
      const [height, width, channels] = image(where, input);
      const window = windowGeometry(where, [height, width], layer.size, layer.strides, layer.padding);
      return [window.outputHeight, window.outputWidth, channels];
    }
    case 'globalAvgPool2d':
      return [image(where, input)[2]];
    case 'dense':
      if (input.length !== 1)
        throw new ShapeError(
          `${where}: needs a vector [size], got an image ${formatShape(input)}; put flatten() or globalAvgPool2d() before it`,
        );
      return [layer.units];
    case 'flatten':
      return [elements(input)];
    case 'dropout':
    case 'batchNorm':
    case 'activation':
      return input;
  }
}

function image(where: string, shape: Shape): readonly [...Pair, number] {
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined)
    throw new ShapeError(`${where}: needs an image [height, width, channels], got a vector ${formatShape(shape)}`);
  return [height, width, channels];
}

function joinedShape(where: string, outputs: readonly Shape[]): Shape {
  const first = outputs[0] ?? [];
  const leading = first.slice(0, -1);
  outputs.forEach((shape, index) => {
    if (!sameShape(shape.slice(0, -1), leading))
      throw new ShapeError(
        `${where}: the outputs of its paths must agree in all but the last axis, but path 0 gives ${formatShape(first)} ` +
          `and path ${index} gives ${formatShape(shape)}; use the same strides and padding in every path`,
      );
  });
  return [...leading, outputs.reduce((sum, shape) => sum + (shape.at(-1) ?? 0), 0)];
}
