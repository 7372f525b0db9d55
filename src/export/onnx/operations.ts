import type { ActivationKind } from '../../core/activations/registry.ts';
import type { WindowGeometry } from '../../core/geometry.ts';
import { type Numbers, permuted } from '../../core/permuted.ts';
import { elements, type Shape } from '../../core/value.ts';
import type {
  ActivationOperation,
  ArithmeticOperation,
  ChannelShuffleOperation,
  ConcatOperation,
  Constant,
  Conv2dOperation,
  Conv2dTransposeOperation,
  DenseOperation,
  ExportOperation,
  LayerNormOperation,
  PoolOperation,
  PreluOperation,
  ScaleOffsetOperation,
  SoftmaxOperation,
  UpsampleOperation,
} from '../../deploy/operations.ts';
import { onnxActivations } from './activations.ts';
import { float, int, ints, text } from './attributes.ts';
import type { Plan } from './plan.ts';
import { channelsFirst, dimsOf, type Layout, Value } from './value.ts';
import type { Arrangement, OnnxWriter, Output } from './writer.ts';

/** Writes an operation; its inputs are given as values that choose a layout. */
export function writeOperation(writer: OnnxWriter, plan: Plan, operation: ExportOperation, inputs: readonly Value[]): Value {
  const [x] = inputs;
  if (!x) throw new Error(`${operation.output.name} has no input`);
  switch (operation.type) {
    case 'conv2d':
    case 'conv2dTranspose':
      return convolution(writer, operation, x);
    case 'dense':
      return dense(writer, plan, operation, x);
    case 'maxPool2d':
    case 'avgPool2d':
      return pool(writer, operation, x);
    case 'scaleOffset':
    case 'prelu':
    case 'activation':
    case 'softmax':
    case 'add':
    case 'multiply':
      return elementwise(writer, operation, inputs);
    case 'concat':
      return concat(writer, operation, inputs);
    case 'layerNorm':
      return layerNorm(writer, operation, x);
    case 'upsample2d':
      return upsample(writer, operation, x);
    case 'channelShuffle':
      return channelShuffle(writer, operation, x);
    case 'reshape':
      return Value.reshaped(writer, x, operation.output);
  }
}

/** What a node makes of the operation's output, in a layout. */
function outputIn({ output }: ExportOperation, layout: Layout): Output {
  return { name: output.name, dims: dimsOf(output.shape, layout) };
}

function made(writer: OnnxWriter, { output }: ExportOperation, name: string, layout: Layout, image?: Shape): Value {
  const { shape } = output;
  const kept = writer.kept(output, name, dimsOf(shape, layout));
  return Value.made(writer, kept, layout, { ...output, image: shape.length === 3 ? shape : image });
}

function whole(writer: OnnxWriter, constant: Constant): string {
  return writer.floats(constant.name, 'as it is', constant.shape, () => constant.data);
}

function convolution(writer: OnnxWriter, operation: Conv2dOperation | Conv2dTransposeOperation, x: Value): Value {
  const { filter, bias, groups, window, type } = operation;
  const [height = 1, width = 1, inner = 1, outer = 1] = filter.shape;
  // [KH,KW,C/groups,K] to [K,C/groups,KH,KW], and [KH,KW,OUT/groups,IN] to [IN,OUT/groups,KH,KW].
  const kernel = writer.weights(filter, {
    form: 'filter',
    dims: [outer, inner, height, width],
    axis: type === 'conv2d' ? 0 : 1,
    arranged: (data) => permuted(data, filter.shape, [3, 2, 0, 1]),
  });
  const attributes = {
    kernel_shape: ints([height, width]),
    strides: ints([window.strideHeight, window.strideWidth]),
    dilations: ints([window.dilationHeight, window.dilationWidth]),
    pads: ints(padsOf(window)),
    group: int(groups),
    ...(type === 'conv2dTranspose' && { output_padding: ints(outputPadding(window)) }),
  };
  const offset = bias && writer.weights(bias, { form: 'as it is', dims: bias.shape, axis: 0, arranged: (data) => data });
  const inputs = [x.in('first'), kernel, ...(offset ? [offset] : [])];
  const name = writer.node(type === 'conv2d' ? 'Conv' : 'ConvTranspose', inputs, outputIn(operation, 'first'), attributes);
  return made(writer, operation, name, 'first');
}

function padsOf({ top, left, bottom, right }: WindowGeometry): number[] {
  return [top, left, bottom, right];
}

/** What the windows of the input leave of the output at its bottom and right. */
function outputPadding(window: WindowGeometry): number[] {
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, windowHeight, windowWidth } = window;
  const rest = (size: number, before: number, after: number, extent: number, steps: number, stride: number) =>
    size + before + after - extent - (steps - 1) * stride;
  const extents = [(windowHeight - 1) * dilationHeight + 1, (windowWidth - 1) * dilationWidth + 1] as const;
  return [
    rest(window.inputHeight, window.top, window.bottom, extents[0], window.outputHeight, strideHeight),
    rest(window.inputWidth, window.left, window.right, extents[1], window.outputWidth, strideWidth),
  ];
}

/**
 * The weights take the elements of a flattened image channel by channel, where that saves a transposition, and give those of an image
 * that is made of the result so.
 */
function dense(writer: OnnxWriter, plan: Plan, operation: DenseOperation, x: Value): Value {
  const { weights, bias, output } = operation;
  const free = !plan.isShared(weights);
  const from = free && x.cost('first') < x.cost('last') ? x.image : undefined;
  const to = free ? plan.imageOf(output) : undefined;
  const columns: Arrangement = (data) => (to ? channelsFirst(data, to) : data);
  const matrix = writer.weights(weights, {
    form: `from ${from} to ${to}`,
    dims: weights.shape,
    axis: 1,
    arranged: (data) => eachRow(from ? channelsFirst(data, from) : data, output.shape, columns),
    scalesArranged: columns,
  });
  const vector =
    bias && writer.weights(bias, { form: `to ${to}`, dims: bias.shape, axis: 0, arranged: columns, scalesArranged: columns });
  const inputs = [x.in(from ? 'first' : 'last'), matrix, ...(vector ? [vector] : [])];
  const layout = to ? 'first' : 'last';
  return made(writer, operation, writer.node('Gemm', inputs, outputIn(operation, layout)), layout, to);
}

function eachRow<Data extends Numbers>(matrix: Data, [columns = 1]: Shape, change: Arrangement): Data {
  const changed = matrix.slice() as Data;
  for (let start = 0; start < matrix.length; start += columns)
    changed.set(change(matrix.subarray(start, start + columns) as Data), start);
  return changed;
}

function pool(writer: OnnxWriter, operation: PoolOperation, x: Value): Value {
  const { window, type } = operation;
  const isGlobal = window.windowHeight === window.inputHeight && window.windowWidth === window.inputWidth;
  const isWhole = isGlobal && padsOf(window).every((side) => side === 0);
  const operator = type === 'maxPool2d' ? 'MaxPool' : 'AveragePool';
  const output = outputIn(operation, 'first');
  const name = isWhole
    ? writer.node(`Global${operator}`, [x.in('first')], output)
    : writer.node(operator, [x.in('first')], output, {
        kernel_shape: ints([window.windowHeight, window.windowWidth]),
        strides: ints([window.strideHeight, window.strideWidth]),
        pads: ints(padsOf(window)),
      });
  return made(writer, operation, name, 'first');
}

type Elementwise = ScaleOffsetOperation | PreluOperation | ActivationOperation | SoftmaxOperation | ArithmeticOperation;

/** In the layout in which the inputs are there already. */
function elementwise(writer: OnnxWriter, operation: Elementwise, inputs: readonly Value[]): Value {
  const [x] = inputs;
  const layout = cheapest(inputs);
  const image = layout === 'first' ? x?.image : undefined;
  const output = outputIn(operation, layout);
  const given = inputs.map((input) => input.in(layout));
  return made(writer, operation, elementwiseNode(writer, operation, given, layout, output, image), layout, x?.image);
}

function elementwiseNode(
  writer: OnnxWriter,
  operation: Elementwise,
  given: readonly string[],
  layout: Layout,
  output: Output,
  image: Shape | undefined,
): string {
  const [x = ''] = given;
  const vector = (constant: Constant) => byChannel(writer, constant, operation.output.shape, layout, image);
  switch (operation.type) {
    case 'add':
      return writer.node('Add', given, output);
    case 'multiply':
      return writer.node('Mul', given, output);
    case 'softmax':
      return writer.node('Softmax', [x], output, { axis: int(layout === 'first' && output.dims.length === 3 ? 1 : -1) });
    case 'prelu':
      return writer.node('PRelu', [x, vector(operation.slope)], output);
    case 'scaleOffset': {
      const scaled = writer.node('Mul', [x, vector(operation.scale)], { ...output, name: `${output.name}/scaled` });
      return writer.node('Add', [scaled, vector(operation.offset)], output);
    }
    case 'activation': {
      const { kind, options } = operation.activation;
      return onnxActivations[kind as ActivationKind](writer, x, output, options);
    }
  }
}

/** Numbers for each channel beside values of a shape in a layout; one number is for all. */
function byChannel(writer: OnnxWriter, constant: Constant, shape: Shape, layout: Layout, image: Shape | undefined): string {
  const { name, data } = constant;
  if (layout === 'last' || data.length === 1) return whole(writer, constant);
  if (shape.length === 3) return writer.floats(name, 'by channel', [data.length, 1, 1], () => data);
  return writer.floats(name, `first ${image}`, [data.length], () => channelsFirst(data, image ?? shape));
}

/** The layout in which the fewest elements are moved for all of them to be in it. */
function cheapest(values: readonly Value[]): Layout {
  const cost = (layout: Layout) => values.reduce((sum, value) => sum + value.cost(layout), 0);
  return sameImages(values) && cost('first') <= cost('last') ? 'first' : 'last';
}

/** Vectors that were flattened from other images have other orders channel by channel. */
function sameImages(values: readonly Value[]): boolean {
  const [head, ...rest] = values;
  return head?.shape.length === 3 || rest.every(({ image }) => `${image}` === `${head?.image}`);
}

function concat(writer: OnnxWriter, operation: ConcatOperation, inputs: readonly Value[]): Value {
  const isImage = operation.output.shape.length === 3;
  const layout = isImage ? cheapest(inputs) : 'last';
  const given = inputs.map((input) => input.in(layout));
  const name = writer.node('Concat', given, outputIn(operation, layout), { axis: int(layout === 'first' ? 1 : -1) });
  return made(writer, operation, name, layout);
}

function layerNorm(writer: OnnxWriter, operation: LayerNormOperation, x: Value): Value {
  return operation.over === 'channels' ? channelsNorm(writer, operation, x) : sampleNorm(writer, operation, x);
}

/** Of the last axis, which LayerNormalization wants the channels on. */
function channelsNorm(writer: OnnxWriter, operation: LayerNormOperation, x: Value): Value {
  const { scale, offset, epsilon, output } = operation;
  const channels = output.shape.at(-1) ?? 1;
  const all = ({ name, data }: Constant) =>
    writer.floats(name, 'for each', [channels], () =>
      data.length === channels ? data : new Float32Array(channels).fill(data[0] ?? 0),
    );
  const name = writer.node('LayerNormalization', [x.in('last'), all(scale), all(offset)], outputIn(operation, 'last'), {
    axis: int(-1),
    epsilon: float(epsilon),
  });
  return made(writer, operation, name, 'last', x.image);
}

/** InstanceNormalization takes all elements of a sample for those of one channel. */
function sampleNorm(writer: OnnxWriter, operation: LayerNormOperation, x: Value): Value {
  const { scale, offset, epsilon, output } = operation;
  const layout = cheapest([x]);
  const { name, dims } = outputIn(operation, layout);
  const alone = scale.data.length === 1 && offset.data.length === 1;
  const flat = writer.reshape(x.in(layout), { name, dims: [1, elements(output.shape)] });
  const factors = alone ? [scale, offset].map((constant) => whole(writer, constant)) : [one(writer, 1), one(writer, 0)];
  const normal = writer.node(
    'InstanceNormalization',
    [flat, ...factors],
    { name: `${name}/normalised`, dims: [1, elements(output.shape)] },
    { epsilon: float(epsilon) },
  );
  const back = writer.reshape(normal, { name, dims });
  if (alone) return made(writer, operation, back, layout);
  const vector = (constant: Constant) => byChannel(writer, constant, output.shape, layout, x.image);
  const scaled = writer.node('Mul', [back, vector(scale)], { name: `${name}/scaled`, dims });
  return made(writer, operation, writer.node('Add', [scaled, vector(offset)], { name, dims }), layout);
}

function one(writer: OnnxWriter, value: number): string {
  return writer.floats(`vector/${value}`, '', [1], () => Float32Array.of(value));
}

/** Each pixel of the output is the one of the input at its position divided by the factor, rounded down. */
function upsample(writer: OnnxWriter, operation: UpsampleOperation, x: Value): Value {
  const scales = writer.floats(`scales/${operation.factor.join('x')}`, '', [4], () => Float32Array.of(1, 1, ...operation.factor));
  const name = writer.node('Resize', [x.in('first'), '', scales], outputIn(operation, 'first'), {
    mode: text('nearest'),
    coordinate_transformation_mode: text('asymmetric'),
    nearest_mode: text('floor'),
  });
  return made(writer, operation, name, 'first');
}

function channelShuffle(writer: OnnxWriter, operation: ChannelShuffleOperation, x: Value): Value {
  const { groups, output } = operation;
  const isImage = output.shape.length === 3;
  const layout = isImage ? 'first' : 'last';
  const channels = output.shape.at(-1) ?? 1;
  const rest = isImage ? [elements(output.shape) / channels] : [];
  const size = channels / groups;
  const grouped = writer.reshape(x.in(layout), { name: `${output.name}/grouped`, dims: [groups, size, ...rest] });
  const dealt = writer.transpose(grouped, isImage ? [1, 0, 2] : [1, 0], { name: output.name, dims: [size, groups, ...rest] });
  return made(writer, operation, writer.reshape(dealt, outputIn(operation, layout)), layout);
}
