import { readersOf } from '../../deploy/graph.ts';
import type { ActivationOperation, ExportGraph, ExportOperation, ExportTensor } from '../../deploy/operations.ts';
import { activated } from './activations.ts';
import type { TfliteFile } from './file.ts';
import { convolution, dense } from './linear.ts';
import { layerNorm, scaled } from './normalisation.ts';
import { pool } from './pooling.ts';
import { channelShuffle, reshape, upsample } from './rearrangement.ts';
import { Subgraph, type TensorIndex } from './subgraph.ts';
import { transposedConvolution } from './transposed-convolution.ts';

/** A network in operators of TensorFlow Lite, for a batch of 1. */
export function lowerToTflite(graph: ExportGraph): Omit<TfliteFile, 'metadata'> {
  return new Lowering(graph).run();
}

class Lowering {
  private readonly subgraph = new Subgraph();
  private readonly indices = new Map<ExportTensor, TensorIndex>();
  private readonly readers: ReadonlyMap<ExportTensor, number>;
  /** What others than dense layers read. */
  private readonly apart: ReadonlySet<ExportTensor>;

  constructor(private readonly graph: ExportGraph) {
    this.readers = readersOf(graph);
    const others = graph.operations.filter(({ type }) => type !== 'dense');
    this.apart = new Set([graph.output, ...others.flatMap(({ inputs }) => inputs)]);
  }

  run(): Omit<TfliteFile, 'metadata'> {
    const { input, output, operations } = this.graph;
    const x = this.subgraph.tensor([1, ...input.shape]);
    this.indices.set(input, x);
    for (const operation of operations) this.indices.set(operation.output, this.lower(operation));
    // Runtimes want an operator between input and output.
    const y = output === input ? reshape(this.subgraph, x, input.shape) : this.index(output);
    const { tensors, operators } = this.subgraph;
    return { tensors, operators, inputs: [x], outputs: [y] };
  }

  private index(tensor: ExportTensor): TensorIndex {
    const index = this.indices.get(tensor);
    if (index === undefined) throw new Error(`'${tensor.name}' is read before it is made`);
    return index;
  }

  private lower(operation: ExportOperation): TensorIndex {
    const { subgraph } = this;
    const inputs = operation.inputs.map((tensor) => this.index(tensor));
    const [x = 0] = inputs;
    const shape = [1, ...operation.output.shape];
    switch (operation.type) {
      case 'conv2d':
        return convolution(subgraph, operation, x, shape);
      case 'conv2dTranspose':
        return transposedConvolution(subgraph, operation, x, shape);
      case 'dense':
        return dense(subgraph, operation, x, shape);
      case 'maxPool2d':
      case 'avgPool2d':
        return pool(subgraph, operation, x, shape);
      case 'scaleOffset':
        return scaled(subgraph, x, operation.scale, operation.offset);
      case 'layerNorm':
        return layerNorm(subgraph, operation, x);
      case 'prelu':
        return subgraph.add('PRELU', [x, subgraph.vector(operation.slope)], shape);
      case 'activation':
        return this.activation(operation, x);
      case 'softmax':
        return subgraph.add('SOFTMAX', [x], shape, { beta: 1 });
      case 'concat':
        return subgraph.add('CONCATENATION', inputs, shape, { axis: shape.length - 1 });
      case 'add':
        return subgraph.add('ADD', inputs, shape);
      case 'multiply':
        return subgraph.add('MUL', inputs, shape);
      case 'upsample2d':
        return upsample(subgraph, operation.factor, x, shape);
      case 'channelShuffle':
        return channelShuffle(subgraph, operation.groups, x, operation.output.shape);
      case 'reshape':
        // Dense layers take an image as the vector that it is.
        return operation.output.shape.length > 1 || this.apart.has(operation.output)
          ? reshape(subgraph, x, operation.output.shape)
          : x;
    }
  }

  /** ReLU and ReLU6 of what nobody else reads are part of the operator before them, if it can. */
  private activation({ activation, inputs: [input] }: ActivationOperation, x: TensorIndex): TensorIndex {
    const { kind } = activation;
    const alone = this.readers.get(input) === 1;
    if ((kind === 'relu' || kind === 'relu6') && alone && this.subgraph.fuse(x, kind)) return x;
    return activated(this.subgraph, activation, x);
  }
}
