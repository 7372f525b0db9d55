import type { ElementwiseActivation } from '../core/activation.ts';
import { DataError, OptionError } from '../core/errors.ts';
import { elements, formatShape, type Shape, type Value } from '../core/value.ts';
import { input, parameterAttributes } from '../graph/sources.ts';
import { channelsOf, first, type Node, required, type Tensor, topological } from '../graph/tensor.ts';
import { Network } from '../model/network.ts';
import type { Model } from '../model/types.ts';
import { checkWeights, type Weights } from '../model/weights.ts';
import { batchNormOperation } from '../ops/batch-norm.ts';
import { type CalculationAttributes, calculationOperation } from '../ops/calculation.ts';
import { concatOperation } from '../ops/concat.ts';
import { convolution } from '../ops/conv2d.ts';
import { transposedConvolution } from '../ops/conv2d-transpose.ts';
import { type ConvolutionWindow, convolutionGeometry } from '../ops/convolution.ts';
import { denseOperation } from '../ops/dense.ts';
import { type ElementwiseAttributes, elementwise } from '../ops/elementwise.ts';
import type { WithEpilogue } from '../ops/epilogue.ts';
import { type PoolingAttributes, poolOperation } from '../ops/pool.ts';
import { poolGeometry } from '../ops/pool-window.ts';
import { reshapeOperation } from '../ops/reshape.ts';
import { softmaxOperation } from '../ops/softmax.ts';
import { affineOf, foldableNorms, foldedBias, foldedWeights, isGivenNorm, keyOf, weightsOf } from './fold.ts';
import { Names } from './names.ts';
import type { Constant, ExportGraph, ExportOperation, ExportTensor } from './operations.ts';
import { type Pattern, patternOf } from './patterns.ts';

export type * from './operations.ts';

export interface ExportGraphOptions {
  /** Ends with a softmax, where the model does not [false]. */
  readonly softmax?: boolean;
}

/**
 * What a model does at inference, as formats outside of paredown take it: dropout is gone, batch normalisation is in the weights in
 * front of it wherever that is exact, else a scale and offset for each channel. Computed on the CPU, in float64 where weights change.
 * Throws a ShapeError for weights of another model, a DataError for numbers that are not finite, and an OptionError that names the
 * layer for an operation that has no form here, or for a softmax where it would be wrong.
 */
export function exportGraph(m: Model, weights: Weights, options: ExportGraphOptions = {}): ExportGraph {
  return tracedGraph(m, weights, options).graph;
}

/** What `exportGraph` gives, and where its values are in the model's own graph. */
export interface TracedGraph {
  readonly graph: ExportGraph;
  /**
   * The position, among the nodes of the model's graph for inference in topological order, of the one whose first output a value is.
   * Undefined for what no node gives: the network's input, and a sum before the activation that its layer applies.
   */
  positionOf(tensor: ExportTensor): number | undefined;
}

export function tracedGraph(m: Model, weights: Weights, options: ExportGraphOptions = {}): TracedGraph {
  checkWeights(m, weights);
  const network = new Network(m, weights);
  const x = input('input', [1, ...m.input]);
  const layers = new Map<Node, string>();
  const y = network.apply(x, 'inference', { made: (layer, made) => nameNodes(layers, layer, made) });
  const builder = new Builder(weights, layers, x, y);
  const graph = builder.build(options.softmax ?? false);
  const positions = new Map(
    topological([y]).flatMap((node, position) => {
      const made = builder.tensors.get(first(node));
      return made ? [[made, position] as const] : [];
    }),
  );
  positions.delete(graph.input);
  return { graph, positionOf: (tensor) => positions.get(tensor) };
}

/** How often each tensor is read: by operations, and as the network's output. */
export function readersOf({ operations, output }: ExportGraph): ReadonlyMap<ExportTensor, number> {
  const readers = new Map<ExportTensor, number>([[output, 1]]);
  for (const { inputs } of operations) for (const tensor of inputs) readers.set(tensor, (readers.get(tensor) ?? 0) + 1);
  return readers;
}

/** Gives the nodes behind a layer's output that no layer before it has made the layer's name. */
function nameNodes(layers: Map<Node, string>, layer: string, y: Tensor): void {
  const stack = [y.node];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (layers.has(node) || node.operation.source) continue;
    layers.set(node, layer);
    stack.push(...Object.values(node.inputs).map((tensor) => tensor.node));
  }
}

/** An operation without what all have: its inputs are given apart. */
type Own<T> = T extends ExportOperation ? Omit<T, 'layer' | 'inputs' | 'output'> : never;

class Builder {
  private readonly operations: ExportOperation[] = [];
  private readonly constants = new Map<string, Constant>();
  private readonly names = new Names();
  readonly tensors = new Map<Tensor, ExportTensor>();
  private readonly order: readonly Node[];
  private readonly norms: ReadonlyMap<Node, readonly Node[]>;

  constructor(
    private readonly weights: Weights,
    private readonly layers: ReadonlyMap<Node, string>,
    private readonly x: Tensor,
    private readonly y: Tensor,
  ) {
    this.order = topological([y]);
    const readers = new Map<Tensor, (Node | 'output')[]>([[y, ['output']]]);
    for (const node of this.order)
      for (const tensor of Object.values(node.inputs)) readers.set(tensor, [...(readers.get(tensor) ?? []), node]);
    this.norms = foldableNorms(this.order, (tensor) => readers.get(tensor) ?? []);
    for (const name of weights.keys()) this.names.unique(name);
  }

  build(softmax: boolean): ExportGraph {
    const given = { name: this.names.unique('input'), shape: this.x.shape.slice(1) };
    this.tensors.set(this.x, given);
    const patterns = new Map(this.order.map((node) => [node, patternOf(node)]));
    const inner = new Set([
      ...[...patterns.values()].flatMap((pattern) => pattern?.inner ?? []),
      ...[...this.norms.values()].flat(),
    ]);
    for (const node of this.order) if (!node.operation.source && !inner.has(node)) this.add(node, patterns.get(node));
    const y = this.tensor(this.y);
    const output = softmax ? this.withSoftmax(y) : y;
    return { input: given, output, operations: this.operations, constants: [...this.constants.values()] };
  }

  private add(node: Node, pattern: Pattern | undefined): void {
    const norms = this.norms.get(node) ?? [];
    const y = first(norms.at(-1) ?? node);
    const made = pattern ? this.addPattern(node, pattern) : this.addNode(node, norms);
    const { epilogue } = node.attributes as Partial<WithEpilogue>;
    if (epilogue?.dropout || epilogue?.gradient) throw this.unknown(node);
    this.tensors.set(y, epilogue ? this.activated(node, epilogue.activation, made) : made);
  }

  private activated(node: Node, activation: ElementwiseActivation, x: ExportTensor): ExportTensor {
    if (activation.kind === 'linear') return x;
    return this.push(this.layerOf(node), activation.kind, x.shape, [x], { type: 'activation', activation });
  }

  private addPattern(node: Node, pattern: Pattern): ExportTensor {
    const x = this.tensor(pattern.x);
    switch (pattern.type) {
      case 'channelShuffle':
        return this.emit(node, [x], { type: 'channelShuffle', groups: pattern.groups });
      case 'upsample2d':
        return this.emit(node, [x], { type: 'upsample2d', factor: pattern.factor });
      case 'layerNorm': {
        const { length, epsilon } = pattern.normalize;
        const over = length === channelsOf(x.shape) ? 'channels' : 'sample';
        if (over === 'sample' && length !== elements(x.shape)) throw this.unknown(node);
        const [scale, offset] = [this.parameter(pattern.scale), this.parameter(pattern.offset)];
        return this.emit(node, [x], { type: 'layerNorm', over, epsilon, scale, offset });
      }
    }
  }

  private addNode(node: Node, norms: readonly Node[]): ExportTensor {
    const { operation, attributes, inputs } = node;
    const x = () => this.tensor(required(node, 'x'), node);
    switch (operation) {
      case convolution:
      case transposedConvolution: {
        const { groups } = attributes as ConvolutionWindow;
        const [type, whole] =
          operation === convolution ? (['conv2d', required(node, 'x')] as const) : (['conv2dTranspose', first(node)] as const);
        const window = convolutionGeometry(whole.shape, required(node, 'filter').shape, attributes as ConvolutionWindow);
        const { weights: filter, bias } = this.folded(node, norms);
        return this.emit(node, [x()], { type, filter, bias, window, groups });
      }
      case denseOperation:
        return this.emit(node, [x()], { type: 'dense', ...this.folded(node, norms) });
      case poolOperation: {
        const pool = attributes as PoolingAttributes;
        const window = poolGeometry(required(node, 'x').shape, pool);
        return this.emit(node, [x()], { type: pool.maximum ? 'maxPool2d' : 'avgPool2d', window });
      }
      case batchNormOperation: {
        if (!isGivenNorm(node)) throw this.unknown(node);
        return this.emit(node, [x()], { type: 'scaleOffset', ...this.scaleOffset(node) });
      }
      case softmaxOperation:
        return this.emit(node, [x()], { type: 'softmax' });
      case concatOperation:
        return this.emit(
          node,
          Object.values(inputs).map((tensor) => this.tensor(tensor)),
          { type: 'concat' },
        );
      case reshapeOperation:
        return this.emit(node, [x()], { type: 'reshape' });
      case elementwise: {
        const { operation: kind, factor } = attributes as ElementwiseAttributes;
        if (factor !== 1) throw this.unknown(node);
        const a = this.tensor(required(node, 'a'));
        return kind === 'copy' ? a : this.emit(node, [a, this.tensor(required(node, 'b'))], { type: kind });
      }
      case calculationOperation: {
        const { calculation, factor, shape } = attributes as CalculationAttributes;
        if (factor !== 1 || shape !== undefined) throw this.unknown(node);
        const a = this.tensor(required(node, 'a'));
        if (calculation === 'prelu') return this.emit(node, [a], { type: 'prelu', slope: this.parameter(required(node, 'b')) });
        if (calculation !== 'add' && calculation !== 'multiply') throw this.unknown(node);
        return this.emit(node, [a, this.tensor(required(node, 'b'))], { type: calculation });
      }
      default:
        throw this.unknown(node);
    }
  }

  private withSoftmax(y: ExportTensor): ExportTensor {
    const last = this.makerOf(y);
    const layer = last?.layer ?? 'input';
    const refused = (why: string) => new OptionError(`softmax: the network ends with ${why}; leave softmax out`);
    if (last?.type === 'softmax') {
      if (channelsOf(last.output.shape) === channelsOf(y.shape)) return y;
      throw refused(`a softmax (${layer}) over another axis`);
    }
    if (channelsOf(y.shape) === 1) throw refused(`${formatShape(y.shape)} (${layer}), of which a softmax makes ones`);
    if (last?.type === 'activation' && last.activation.kind === 'sigmoid')
      throw refused(`a sigmoid (${layer}), which gives probabilities already`);
    return this.push(layer, 'softmax', y.shape, [y], { type: 'softmax' });
  }

  /** What made a value, reshapes aside. */
  private makerOf(value: ExportTensor): ExportOperation | undefined {
    const maker = this.operations.find(({ output }) => output === value);
    return maker?.type === 'reshape' ? this.makerOf(maker.inputs[0]) : maker;
  }

  private emit<T extends ExportOperation>(node: Node, inputs: T['inputs'], own: Own<T>): ExportTensor {
    const [batch, ...shape] = first(node).shape;
    if (batch !== 1) throw this.unknown(node);
    return this.push(this.layerOf(node), own.type, shape, inputs, own);
  }

  private push<T extends ExportOperation>(
    layer: string,
    kind: string,
    shape: Shape,
    inputs: T['inputs'],
    own: Own<T>,
  ): ExportTensor {
    const output = { name: this.names.unique(`${layer}/${kind}`), shape };
    this.operations.push({ ...own, layer, inputs, output } as unknown as T);
    return output;
  }

  /** The weights and the bias of a convolution or dense layer, which took in what normalises its output. */
  private folded(node: Node, norms: readonly Node[]): { weights: Constant; bias: Constant | undefined } {
    const tensor = weightsOf(node);
    if (!tensor) throw this.unknown(node);
    const { bias } = node.inputs;
    if (norms.length === 0) return { weights: this.parameter(tensor), bias: bias && this.parameter(bias) };
    const { name } = parameterAttributes(tensor);
    const biasName = bias ? parameterAttributes(bias).name : name.replace(/[^/]*$/, 'bias');
    const affine = affineOf(norms, this.weights);
    // Whoever has the same weights has the same normalisations.
    return {
      weights: this.constant(name, name, () => ({ shape: tensor.shape, data: foldedWeights(node, this.data(tensor), affine) })),
      bias: this.constant(biasName, biasName, () => {
        const data = foldedBias(bias && this.data(bias), affine);
        return { shape: [data.length], data };
      }),
    };
  }

  private scaleOffset(norm: Node): { scale: Constant; offset: Constant } {
    const affine = affineOf([norm], this.weights);
    const vector = (role: 'scale' | 'offset') => {
      const { name } = parameterAttributes(required(norm, role));
      const make = () => ({ shape: [affine[role].length], data: Float32Array.from(affine[role]) });
      return this.constant(`${name} ${keyOf([norm])}`, name, make);
    };
    return { scale: vector('scale'), offset: vector('offset') };
  }

  private parameter(tensor: Tensor): Constant {
    const { name } = parameterAttributes(tensor);
    return this.constant(name, name, () => ({ shape: tensor.shape, data: this.data(tensor) }));
  }

  private data(parameter: Tensor): Float32Array {
    return this.weights.get(parameterAttributes(parameter).name)?.data ?? new Float32Array();
  }

  /** What was made under that key, or the constant made now. */
  private constant(key: string, name: string, make: () => Value): Constant {
    const before = this.constants.get(key);
    if (before) return before;
    const isOwn = this.weights.has(name) && ![...this.constants.values()].some((other) => other.name === name);
    const constant = { name: isOwn ? name : this.names.unique(name), ...make() };
    const at = constant.data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0)
      throw new DataError(
        `weights: element ${at} of '${constant.name}', with any batch normalisation folded in, is ${constant.data[at]}; a network leaves ` +
          'with finite numbers alone. Did its training diverge?',
      );
    this.constants.set(key, constant);
    return constant;
  }

  /** Throws an OptionError for what is no value on its way, such as weights that are reshaped; it names the layer of who reads it. */
  private tensor(tensor: Tensor, reader = tensor.node): ExportTensor {
    const found = this.tensors.get(tensor);
    if (!found) throw this.unknown(reader);
    return found;
  }

  private layerOf(node: Node): string {
    return this.layers.get(node) ?? 'input';
  }

  private unknown(node: Node): OptionError {
    return new OptionError(
      `${this.layerOf(node)}: what it does (${node.operation.name}) has no form outside of paredown; leave the layer out, or keep the ` +
        'network in a file of encodeModel',
    );
  }
}
