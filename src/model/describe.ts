import { checkCountable, elements, type Shape } from '../core/value.ts';
import { modelHash } from './hash.ts';
import { isContainer, simpleDefinition } from './layers/registry.ts';
import { peakActivationBytes } from './memory.ts';
import { layerList, type ResolvedLayer, resolve } from './resolve.ts';
import type { LayerType, Model } from './types.ts';

/** One layer's share; a layer that holds others comes before them and has no share of its own. */
export interface LayerDescription {
  readonly name: string;
  readonly type: LayerType;
  readonly outputShape: readonly number[];
  /** Elements of weights, biases included, frozen ones too; running statistics are not counted, shared weights with the first layer alone. */
  readonly parameters: number;
  /** Elements of the output for one sample, where it carries data of its own (convolution, pooling, dense), each time it runs; else 0. */
  readonly activations: number;
  /** Multiply-accumulates of convolution and dense layers for one sample, each time they run. */
  readonly macs: number;
}

/** What is known of a model without running it; the totals are sums over the layers, and `activations` counts the input too. */
export interface Description {
  readonly layers: readonly LayerDescription[];
  readonly parameters: number;
  readonly activations: number;
  /** The most bytes of float32 activations alive at once at inference of one sample; see memory.ts. */
  readonly peakActivationBytes: number;
  readonly macs: number;
  /** SHA-256 of the canonical JSON, defaults filled in, names left out. */
  readonly hash: string;
}

export function describe(m: Model): Description {
  const resolved = resolve(m);
  return { ...countsOf(m.input, resolved), peakActivationBytes: peakActivationBytes(m.input, resolved), hash: modelHash(m) };
}

/** Throws a ShapeError where a model is so large that its counts are no longer exact. */
export function checkCounts(input: Shape, resolved: readonly ResolvedLayer[]): void {
  const { parameters, activations, macs } = countsOf(input, resolved);
  checkCountable("layers: the model's parameters", parameters);
  // In bytes, of which there are four each.
  checkCountable("layers: the bytes of the model's activations", 4 * activations);
  checkCountable("layers: the model's multiply-accumulates", macs);
}

function countsOf(
  input: Shape,
  resolved: readonly ResolvedLayer[],
): Pick<Description, 'layers' | 'parameters' | 'activations' | 'macs'> {
  const layers = layerList(resolved).map(describeLayer);
  const total = (count: (layer: LayerDescription) => number) => layers.reduce((sum, layer) => sum + count(layer), 0);
  return {
    layers,
    parameters: total((layer) => layer.parameters),
    activations: elements(input) + total((layer) => layer.activations),
    macs: total((layer) => layer.macs),
  };
}

function describeLayer({ layer, name, inputShape, outputShape, parameters: all, times }: ResolvedLayer): LayerDescription {
  let [parameters, activations, macs] = [0, 0, 0];
  for (const { statistic, shape } of all) if (!statistic) parameters += elements(shape);
  if (!isContainer(layer)) {
    const definition = simpleDefinition(layer.type);
    if (definition.carriesData) activations = times * elements(outputShape);
    macs = times * (definition.macs?.(layer, inputShape, outputShape) ?? 0);
  }
  return { name, type: layer.type, outputShape, parameters, activations, macs };
}
