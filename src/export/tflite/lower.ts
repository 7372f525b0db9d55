import type { ElementwiseActivation } from '../../core/activation.ts';
import type { Pair, WindowGeometry } from '../../core/geometry.ts';
import { elements, type Shape, type Value } from '../../core/value.ts';
import { channelsOf } from '../../graph/tensor.ts';
import { readersOf } from '../graph.ts';
import type {
  ActivationOperation,
  Constant,
  Conv2dOperation,
  Conv2dTransposeOperation,
  DenseOperation,
  ExportGraph,
  ExportOperation,
  ExportTensor,
  LayerNormOperation,
  PoolOperation,
} from '../operations.ts';
import type { TfliteFile } from './file.ts';
import { lastAxisFirst, transposedFilter } from './filters.ts';
import { FUSED, PADDINGS } from './schema.ts';
import { Subgraph, type TensorIndex } from './subgraph.ts';
import { convolutionPadding, type FormatPadding, namedPadding, type Sides, sidesOf } from './windows.ts';

/** The least float32: what no maximum takes. */
const LOWEST = -((2 - 2 ** -23) * 2 ** 127);

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
    const y = output === input ? this.reshape(x, input.shape) : this.index(output);
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
        return this.convolution(operation, x, shape);
      case 'conv2dTranspose':
        return this.transposedConvolution(operation, x, shape);
      case 'dense':
        return this.dense(operation, x, shape);
      case 'maxPool2d':
      case 'avgPool2d':
        return this.pool(operation, x, shape);
      case 'scaleOffset':
        return this.scaled(x, operation.scale, operation.offset);
      case 'layerNorm':
        return this.layerNorm(operation, x);
      case 'prelu':
        return subgraph.add('PRELU', [x, this.vector(operation.slope)], shape);
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
        return this.upsample(operation.factor, x, shape);
      case 'channelShuffle':
        return this.channelShuffle(operation.groups, x, operation.output.shape);
      case 'reshape':
        // Dense layers take an image as the vector that it is.
        return operation.output.shape.length > 1 || this.apart.has(operation.output)
          ? this.reshape(x, operation.output.shape)
          : x;
    }
  }

  private convolution({ filter, bias, window, groups }: Conv2dOperation, x: TensorIndex, shape: Shape): TensorIndex {
    const { subgraph } = this;
    const [padded, padding] = this.padded(x, window, convolutionPadding(window), 0);
    const channels = channelsOf(subgraph.shapeOf(x));
    const options = { padding: PADDINGS[padding], ...stridesOf(window), ...dilationsOf(window) };
    const biases = this.bias(bias, channelsOf(shape));
    if (groups === channels && groups > 1) {
      const multiplier = channelsOf(shape) / channels;
      const weights = this.weights(filter, ({ shape, data }) => ({
        shape: [1, ...shape.slice(0, 2), channels * multiplier],
        data,
      }));
      return subgraph.add('DEPTHWISE_CONV_2D', [padded, weights, biases], shape, { ...options, multiplier });
    }
    return subgraph.add('CONV_2D', [padded, this.weights(filter, lastAxisFirst), biases], shape, options);
  }

  /** The format has no groups here: the groups' channels are taken apart, and what is made of them put together. */
  private transposedConvolution(operation: Conv2dTransposeOperation, x: TensorIndex, shape: Shape): TensorIndex {
    const { subgraph } = this;
    const { groups } = operation;
    if (groups === 1) return this.transposedGroup(operation, 0, x, shape);
    const [xShape, groupShape] = [subgraph.shapeOf(x), withChannels(shape, channelsOf(shape) / groups)];
    const parts = Array.from({ length: groups }, () => subgraph.tensor(withChannels(xShape, channelsOf(xShape) / groups)));
    subgraph.addTo('SPLIT', [subgraph.integers([3], []), x], parts, { splits: groups });
    const made = parts.map((part, group) => this.transposedGroup(operation, group, part, groupShape));
    return subgraph.add('CONCATENATION', made, shape, { axis: 3 });
  }

  /** Explicit padding cuts rows and columns off the result without padding. */
  private transposedGroup(operation: Conv2dTransposeOperation, group: number, x: TensorIndex, shape: Shape): TensorIndex {
    const { filter, bias, window } = operation;
    const { subgraph } = this;
    const [, height = 1, width = 1, outputs = 1] = shape;
    const named = namedPadding(window);
    const [top, bottom, left, right] = named ? [0, 0, 0, 0] : sidesOf(window);
    const whole = [1, height + top + bottom, width + left + right, outputs];
    const channels = channelsOf(subgraph.shapeOf(x));
    const dilations: Pair = [window.dilationHeight, window.dilationWidth];
    const weights = this.keyed(filter, `transposed ${group} ${dilations}`, (value) =>
      transposedFilter(value, dilations, group * channels, channels),
    );
    const own = (value: Value) => ({ shape: [outputs], data: value.data.slice(group * outputs, (group + 1) * outputs) });
    const inputs = [subgraph.integers(whole), weights, x, ...(bias ? [this.keyed(bias, `group ${group}`, own)] : [])];
    const options = { padding: PADDINGS[named ?? 'valid'], ...stridesOf(window) };
    const made = subgraph.add('TRANSPOSE_CONV', inputs, whole, options);
    if (named) return made;
    return subgraph.add('SLICE', [made, subgraph.integers([0, top, left, 0]), subgraph.integers([-1, height, width, -1])], shape);
  }

  private dense({ weights, bias }: DenseOperation, x: TensorIndex, shape: Shape): TensorIndex {
    return this.subgraph.add(
      'FULLY_CONNECTED',
      [x, this.weights(weights, lastAxisFirst), this.bias(bias, channelsOf(shape))],
      shape,
    );
  }

  private pool({ type, window }: PoolOperation, x: TensorIndex, shape: Shape): TensorIndex {
    const { subgraph } = this;
    const average = type === 'avgPool2d';
    const [padded, padding] = this.padded(x, window, namedPadding(window), average ? 0 : LOWEST);
    const options = { padding: PADDINGS[padding], ...stridesOf(window), width: window.windowWidth, height: window.windowHeight };
    if (!average) return subgraph.add('MAX_POOL_2D', [padded], shape, options);
    const pooled = subgraph.add('AVERAGE_POOL_2D', [padded], shape, options);
    // Zeros put around the input count in the format's average.
    return padded === x ? pooled : subgraph.add('MUL', [pooled, this.counted(window)], shape);
  }

  /** [1,H,W,1]: the size of the window by how much of it lies on the image. */
  private counted(window: WindowGeometry): TensorIndex {
    const { outputHeight, outputWidth, windowHeight, windowWidth } = window;
    const inside = (start: number, size: number, input: number) => Math.min(start + size, input) - Math.max(start, 0);
    return this.subgraph.constant(`counted ${JSON.stringify(window)}`, () => ({
      shape: [1, outputHeight, outputWidth, 1],
      data: Float32Array.from({ length: outputHeight * outputWidth }, (_, at) => {
        const [row, column] = [Math.floor(at / outputWidth), at % outputWidth];
        const rows = inside(row * window.strideHeight - window.top, windowHeight, window.inputHeight);
        const columns = inside(column * window.strideWidth - window.left, windowWidth, window.inputWidth);
        return (windowHeight * windowWidth) / (rows * columns);
      }),
    }));
  }

  private scaled(x: TensorIndex, scale: Constant, offset: Constant): TensorIndex {
    const { subgraph } = this;
    const shape = subgraph.shapeOf(x);
    return subgraph.add('ADD', [subgraph.add('MUL', [x, this.vector(scale)], shape), this.vector(offset)], shape);
  }

  private layerNorm({ over, epsilon, scale, offset }: LayerNormOperation, x: TensorIndex): TensorIndex {
    const { subgraph } = this;
    const shape = subgraph.shapeOf(x);
    const axes = over === 'channels' ? [shape.length - 1] : shape.slice(1).map((_, axis) => axis + 1);
    const reduced = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const mean = (values: TensorIndex) => subgraph.add('MEAN', [values, subgraph.integers(axes)], reduced, { keepDimensions: 1 });
    const centre = mean(x);
    const variance = mean(subgraph.add('SQUARED_DIFFERENCE', [x, centre], shape));
    const inverse = subgraph.add('RSQRT', [subgraph.add('ADD', [variance, subgraph.scalar(epsilon)], reduced)], reduced);
    const normalised = subgraph.add('MUL', [subgraph.add('SUB', [x, centre], shape), inverse], shape);
    return this.scaled(normalised, scale, offset);
  }

  private activation({ activation, inputs: [input] }: ActivationOperation, x: TensorIndex): TensorIndex {
    const { kind } = activation;
    const alone = this.readers.get(input) === 1;
    if ((kind === 'relu' || kind === 'relu6') && alone && this.subgraph.fuse(x, kind)) return x;
    return this.activated(activation, x);
  }

  private activated({ kind, options }: ElementwiseActivation, x: TensorIndex): TensorIndex {
    const { subgraph } = this;
    const shape = subgraph.shapeOf(x);
    switch (kind) {
      case 'linear':
        return x;
      case 'relu':
        return subgraph.add('RELU', [x], shape);
      case 'relu6':
        return subgraph.add('RELU6', [x], shape);
      case 'leakyRelu':
        return subgraph.add('LEAKY_RELU', [x], shape, { alpha: options.slope ?? 0 });
      case 'sigmoid':
        return subgraph.add('LOGISTIC', [x], shape);
      case 'tanh':
        return subgraph.add('TANH', [x], shape);
      case 'elu':
        return subgraph.add('ELU', [x], shape);
      case 'gelu':
        return subgraph.add('GELU', [x], shape);
      case 'silu':
        return subgraph.add('MUL', [x, subgraph.add('LOGISTIC', [x], shape)], shape);
      case 'hardSwish':
        return subgraph.add('HARD_SWISH', [x], shape);
      case 'hardSigmoid': {
        const shifted = subgraph.add('ADD', [x, subgraph.scalar(3)], shape, { fused: FUSED.relu6 });
        return subgraph.add('MUL', [shifted, subgraph.scalar(1 / 6)], shape);
      }
    }
  }

  private upsample(factor: Pair, x: TensorIndex, shape: Shape): TensorIndex {
    const { subgraph } = this;
    const [, height = 1, width = 1] = shape;
    const inputs = [x, subgraph.integers([height, width])];
    // Runtimes take pixel i from floor(i * (input / output)), in float32. Where that is wrong, the middle of the pixel is right.
    const [, inputHeight = 1, inputWidth = 1] = subgraph.shapeOf(x);
    if (repeatsExactly(inputHeight, factor[0]) && repeatsExactly(inputWidth, factor[1]))
      return subgraph.add('RESIZE_NEAREST_NEIGHBOR', inputs, shape);
    return subgraph.add('RESIZE_NEAREST_NEIGHBOR', inputs, shape, { halfPixelCenters: 1 });
  }

  private channelShuffle(groups: number, x: TensorIndex, shape: Shape): TensorIndex {
    const { subgraph } = this;
    const channels = channelsOf(shape);
    const pixels = elements(shape) / channels;
    const grouped = this.reshape(x, [pixels, groups, channels / groups]);
    const turned = subgraph.add('TRANSPOSE', [grouped, subgraph.integers([0, 1, 3, 2])], [1, pixels, channels / groups, groups]);
    return this.reshape(turned, shape);
  }

  /** To the shape of one sample, of however many. */
  private reshape(x: TensorIndex, shape: Shape): TensorIndex {
    return this.subgraph.add('RESHAPE', [x], [1, ...shape], { shape: [-1, ...shape] });
  }

  /** The input, with `value` around it where its padding has no name in the format. */
  private padded(
    x: TensorIndex,
    window: WindowGeometry,
    named: FormatPadding | undefined,
    value: number,
  ): readonly [TensorIndex, FormatPadding] {
    if (named) return [x, named];
    const { subgraph } = this;
    const sides = sidesOf(window);
    const paddings = subgraph.integers([0, 0, ...sides, 0, 0], [4, 2]);
    const shape = paddedShape(subgraph.shapeOf(x), sides);
    const padded =
      value === 0
        ? subgraph.add('PAD', [x, paddings], shape)
        : subgraph.add('PADV2', [x, paddings, subgraph.scalar(value)], shape);
    return [padded, 'valid'];
  }

  private weights(constant: Constant, turn: (value: Value) => Value): TensorIndex {
    return this.keyed(constant, '', turn);
  }

  /** What is made of a constant, once for all that ask for the same. */
  private keyed(constant: Constant, key: string, make: (value: Value) => Value): TensorIndex {
    return this.subgraph.constant(`${constant.name} ${key}`, () => make(constant));
  }

  private vector(constant: Constant): TensorIndex {
    return this.keyed(constant, 'as it is', (value) => value);
  }

  /** Zeros where there is none: runtimes differ in whether they do without. */
  private bias(bias: Constant | undefined, size: number): TensorIndex {
    if (bias) return this.vector(bias);
    return this.subgraph.constant(`zeros ${size}`, () => ({ shape: [size], data: new Float32Array(size) }));
  }
}

function stridesOf({ strideHeight, strideWidth }: WindowGeometry) {
  return { strideWidth, strideHeight };
}

function dilationsOf({ dilationHeight, dilationWidth }: WindowGeometry) {
  return { dilationWidth, dilationHeight };
}

function withChannels(shape: Shape, channels: number): Shape {
  return [...shape.slice(0, -1), channels];
}

function paddedShape([batch = 1, height = 1, width = 1, channels = 1]: Shape, [top, bottom, left, right]: Sides): Shape {
  return [batch, height + top + bottom, width + left + right, channels];
}

function repeatsExactly(size: number, factor: number): boolean {
  const scale = Math.fround(size / (size * factor));
  for (let i = 0; i < size * factor; i++) if (Math.floor(Math.fround(i * scale)) !== Math.floor(i / factor)) return false;
  return true;
}
