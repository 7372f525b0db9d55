import { OptionError } from '../../core/errors.ts';
import type { WindowGeometry } from '../../core/geometry.ts';
import { permuted } from '../../core/permuted.ts';
import { elements, type Shape } from '../../core/value.ts';
import { channelsOf } from '../../graph/tensor.ts';
import { PROBABILITIES } from '../../quantize/groups.ts';
import type {
  IntegerConv2d,
  IntegerDense,
  IntegerGraph,
  IntegerLookup,
  IntegerOperation,
  IntegerTensor,
} from '../../quantize/integer-graph.ts';
import type { ActivationScale } from '../../quantize/types.ts';
import type { Quantization, TfliteFile, TfliteOperator, TfliteTensor } from './file.ts';
import { nearestOptions } from './rearrangement.ts';
import { FUSED, type OperatorName, PADDINGS } from './schema.ts';
import type { OptionsOf, TensorIndex } from './subgraph.ts';
import { convolutionPadding, type FormatPadding, namedPadding, sidesOf, stridesOf } from './windows.ts';

/** What the input and the output of a file hold: floats, with a QUANTIZE and a DEQUANTIZE inside, or the integers themselves. */
export type FileValues = 'float32' | 'int8';

/** A network in integers in operators of TensorFlow Lite, for a batch of 1. */
export function lowerIntegersToTflite(graph: IntegerGraph, io: FileValues): Omit<TfliteFile, 'metadata'> {
  return new Lowering(graph).run(io);
}

/** What a ReLU6 leaves. */
const SIX: ActivationScale = { scale: Math.fround(6 / 255), zeroPoint: -128 };

/** Depthwise filters have their channels last. */
const LAST = 3;

class Lowering {
  private readonly tensors: TfliteTensor[] = [];
  private readonly operators: TfliteOperator[] = [];
  private readonly indices = new Map<IntegerTensor, TensorIndex>();
  private readonly known = new Map<string, TensorIndex>();

  constructor(private readonly graph: IntegerGraph) {}

  run(io: FileValues): Omit<TfliteFile, 'metadata'> {
    const { input, output, operations } = this.graph;
    const floats = io === 'float32';
    const outer = floats ? this.push({ type: 'float32', shape: [1, ...input.shape] }) : undefined;
    const x = this.tensor(input, [1, ...input.shape]);
    this.indices.set(input, x);
    if (outer !== undefined) this.addTo('QUANTIZE', [outer], x);
    for (const operation of operations) this.indices.set(operation.output, this.lower(operation));
    // Runtimes want an operator between input and output.
    const y = output === input && !floats ? this.reshaped(x, input, input.shape) : this.index(output);
    if (outer === undefined) return { tensors: this.tensors, operators: this.operators, inputs: [x], outputs: [y] };
    const result = this.push({ type: 'float32', shape: [1, ...output.shape] });
    this.addTo('DEQUANTIZE', [y], result);
    return { tensors: this.tensors, operators: this.operators, inputs: [outer], outputs: [result] };
  }

  private lower(operation: IntegerOperation): TensorIndex {
    const { output } = operation;
    const inputs = operation.inputs.map((tensor) => this.index(tensor));
    const [x = 0] = inputs;
    const shape = [1, ...output.shape];
    const fused = 'clamp' in operation && operation.clamp !== 'linear' ? { fused: FUSED[operation.clamp] } : {};
    switch (operation.type) {
      case 'conv2d':
        return this.convolution(operation, x, fused);
      case 'dense':
        return this.add(
          'FULLY_CONNECTED',
          [x, this.filter(operation, 'outputs first'), this.bias(operation)],
          output,
          shape,
          fused,
        );
      case 'maxPool2d':
      case 'avgPool2d': {
        const {
          window,
          type,
          inputs: [from],
        } = operation;
        const named = namedPadding(window);
        if (type === 'avgPool2d' && !named)
          throw new OptionError(
            `${operation.layer}: TensorFlow Lite has no average in integers with this padding; use 'same' or 'valid', or encodeC`,
          );
        const [image, padding] = this.padded(x, from, window, named, -128);
        const options = {
          padding: PADDINGS[padding],
          ...stridesOf(window),
          width: window.windowWidth,
          height: window.windowHeight,
        };
        return this.add(type === 'maxPool2d' ? 'MAX_POOL_2D' : 'AVERAGE_POOL_2D', [image], output, shape, options);
      }
      case 'add':
        return this.add('ADD', inputs, output, shape, fused);
      case 'multiply':
        return this.add('MUL', inputs, output, shape, fused);
      case 'lookup':
        return this.activation(operation, x);
      case 'concat':
        return this.add('CONCATENATION', inputs, output, shape, { axis: shape.length - 1 });
      case 'upsample2d': {
        const {
          inputs: [from],
          factor,
        } = operation;
        const sizes = this.integers(output.shape.slice(0, 2));
        return this.add('RESIZE_NEAREST_NEIGHBOR', [x, sizes], output, shape, nearestOptions([1, ...from.shape], factor));
      }
      case 'channelShuffle': {
        const [channels, { groups }] = [channelsOf(output.shape), operation];
        const pixels = elements(output.shape) / channels;
        const grouped = this.reshaped(x, output, [pixels, groups, channels / groups]);
        const turned = [1, pixels, channels / groups, groups];
        return this.reshaped(this.add('TRANSPOSE', [grouped, this.integers([0, 1, 3, 2])], output, turned), output, output.shape);
      }
      case 'reshape':
        // Dense layers take an image as the vector that it is.
        return this.isForDenseAlone(output) ? x : this.reshaped(x, output, output.shape);
    }
  }

  private isForDenseAlone(tensor: IntegerTensor): boolean {
    const readers = this.graph.operations.filter(({ inputs }) => (inputs as readonly IntegerTensor[]).includes(tensor));
    return tensor !== this.graph.output && tensor.shape.length === 1 && readers.every(({ type }) => type === 'dense');
  }

  private convolution(operation: IntegerConv2d, x: TensorIndex, fused: { readonly fused?: number }): TensorIndex {
    const {
      window,
      groups,
      inputs: [from],
      output,
    } = operation;
    const channels = channelsOf(from.shape);
    const [image, padding] = this.padded(x, from, window, convolutionPadding(window), from.zeroPoint);
    const dilations = { dilationWidth: window.dilationWidth, dilationHeight: window.dilationHeight };
    const options = { padding: PADDINGS[padding], ...stridesOf(window), ...dilations, ...fused };
    const shape = [1, ...output.shape];
    const bias = this.bias(operation);
    if (groups === 1 || groups < channels)
      return this.add('CONV_2D', [image, this.filter(operation, 'outputs first'), bias], output, shape, options);
    const multiplier = channelsOf(output.shape) / channels;
    return this.add('DEPTHWISE_CONV_2D', [image, this.filter(operation, 'depthwise'), bias], output, shape, {
      ...options,
      multiplier,
    });
  }

  private activation({ activation: { kind, options }, output }: IntegerLookup, x: TensorIndex): TensorIndex {
    const shape = [1, ...output.shape];
    switch (kind) {
      case 'relu':
        return this.add('RELU', [x], output, shape);
      case 'relu6':
        return this.add('RELU6', [x], output, shape);
      case 'leakyRelu':
        // Not LEAKY_RELU: XNNPACK rounds its factors to 8 bits of fraction. PRELU is TensorFlow Lite's own.
        return this.add('PRELU', [x, this.constant(options.slope ?? 0)], output, shape);
      case 'sigmoid':
        return this.add('LOGISTIC', [x], output, shape);
      case 'tanh':
        return this.add('TANH', [x], output, shape);
      case 'elu':
        return this.add('ELU', [x], output, shape);
      case 'gelu':
        return this.add('GELU', [x], output, shape);
      case 'hardSwish':
        return this.add('HARD_SWISH', [x], output, shape);
      case 'silu':
        return this.add('MUL', [x, this.add('LOGISTIC', [x], PROBABILITIES, shape)], output, shape);
      case 'hardSigmoid': {
        const shifted = this.add('ADD', [x, this.constant(3)], SIX, shape, { fused: FUSED.relu6 });
        return this.add('MUL', [shifted, this.constant(1 / 6)], output, shape);
      }
      default:
        throw new Error(`${kind} has no form in integers`);
    }
  }

  /** The input, with integers around it where its padding has no name in the format. */
  private padded(
    x: TensorIndex,
    from: IntegerTensor,
    window: WindowGeometry,
    named: FormatPadding | undefined,
    value: number,
  ): readonly [TensorIndex, FormatPadding] {
    if (named) return [x, named];
    const [top, bottom, left, right] = sidesOf(window);
    const [height = 1, width = 1, channels = 1] = from.shape;
    const shape = [1, height + top + bottom, width + left + right, channels];
    const paddings = this.integers([0, 0, top, bottom, left, right, 0, 0], [4, 2]);
    if (value === from.zeroPoint) return [this.add('PAD', [x, paddings], from, shape), 'valid'];
    const around = this.once(`int8 ${value} ${from.scale} ${from.zeroPoint}`, () => ({
      type: 'int8',
      shape: [1],
      data: Int8Array.of(value),
      quantization: whole(from),
    }));
    return [this.add('PADV2', [x, paddings, around], from, shape), 'valid'];
  }

  private filter({ weights }: IntegerConv2d | IntegerDense, form: 'outputs first' | 'depthwise'): TensorIndex {
    return this.once(`${form} ${weights.name}`, () => {
      const { shape, data } = weights;
      const outputs = channelsOf(shape);
      const scales = Array.from(weights.scales);
      const quantized = (dimension: number): Quantization => ({ scales, zeroPoints: scales.map(() => 0), dimension });
      if (form === 'depthwise')
        return { type: 'int8', shape: [1, ...shape.slice(0, 2), outputs], data, quantization: quantized(LAST) };
      const turned = permuted(data, [data.length / outputs, outputs], [1, 0]);
      return { type: 'int8', shape: [outputs, ...shape.slice(0, -1)], data: turned, quantization: quantized(0) };
    });
  }

  /** Zeros where there is none: runtimes differ in whether they do without. */
  private bias({ weights, bias, inputs: [x] }: IntegerConv2d | IntegerDense): TensorIndex {
    const scales = Array.from(weights.scales, (scale) => Math.fround(x.scale * scale));
    return this.once(`bias ${bias?.name ?? weights.name} ${scales}`, () => ({
      type: 'int32',
      shape: [scales.length],
      data: bias?.data ?? new Int32Array(scales.length),
      quantization: { scales, zeroPoints: scales.map(() => 0), dimension: 0 },
    }));
  }

  /** One number, as the largest integer times its scale: kernels that round twice have more bits for the second rounding. */
  private constant(value: number): TensorIndex {
    const scale = Math.fround(value / 127);
    return this.once(`constant ${value}`, () => ({
      type: 'int8',
      shape: [1],
      data: Int8Array.of(scale === 0 ? 0 : 127),
      quantization: whole({ scale: scale || 1, zeroPoint: 0 }),
    }));
  }

  private integers(values: readonly number[], shape: Shape = [values.length]): TensorIndex {
    return this.once(`int32 ${shape}: ${values}`, () => ({ type: 'int32', shape, data: Int32Array.from(values) }));
  }

  private reshaped(x: TensorIndex, scale: ActivationScale, shape: Shape): TensorIndex {
    return this.add('RESHAPE', [x], scale, [1, ...shape], { shape: [-1, ...shape] });
  }

  private add<N extends OperatorName>(
    operator: N,
    inputs: readonly TensorIndex[],
    scale: ActivationScale,
    shape: Shape,
    options?: OptionsOf<N>,
  ): TensorIndex {
    const output = this.tensor(scale, shape);
    this.addTo(operator, inputs, output, options);
    return output;
  }

  private addTo<N extends OperatorName>(
    operator: N,
    inputs: readonly TensorIndex[],
    output: TensorIndex,
    options?: OptionsOf<N>,
  ): void {
    this.operators.push({ operator, inputs, outputs: [output], options: { ...options } });
  }

  private tensor(scale: ActivationScale, shape: Shape): TensorIndex {
    return this.push({ type: 'int8', shape, quantization: whole(scale) });
  }

  private push(tensor: TfliteTensor): TensorIndex {
    return this.tensors.push(tensor) - 1;
  }

  private once(key: string, make: () => TfliteTensor): TensorIndex {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const tensor = this.push(make());
    this.known.set(key, tensor);
    return tensor;
  }

  private index(tensor: IntegerTensor): TensorIndex {
    const index = this.indices.get(tensor);
    if (index === undefined) throw new Error(`'${tensor.name}' is read before it is made`);
    return index;
  }
}

function whole({ scale, zeroPoint }: ActivationScale): Quantization {
  return { scales: [scale], zeroPoints: [zeroPoint], dimension: 0 };
}
