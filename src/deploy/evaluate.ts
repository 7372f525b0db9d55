import type { WindowGeometry } from '../core/geometry.ts';
import { elements } from '../core/value.ts';
import { references } from '../reference/index.ts';
import type { Tensor64 } from '../reference/reference.ts';
import type {
  Constant,
  Conv2dTransposeOperation,
  ExportGraph,
  ExportOperation,
  ExportTensor,
  LayerNormOperation,
} from './operations.ts';

/** What leaves, run for a batch x [N, ...input] on the CPU in float64, from the reference operations alone. */
export function evaluateExported(graph: ExportGraph, x: Tensor64): Tensor64 {
  return valuesOf(graph, x)(graph.output);
}

/** The value of each tensor. */
function valuesOf({ input, operations }: ExportGraph, x: Tensor64): (tensor: ExportTensor) => Tensor64 {
  const values = new Map<ExportTensor, Tensor64>([[input, x]]);
  const value = (tensor: ExportTensor): Tensor64 => {
    const found = values.get(tensor);
    if (!found) throw new Error(`Nothing has made ${tensor.name}`);
    return found;
  };
  for (const operation of operations) values.set(operation.output, evaluate(operation, operation.inputs.map(value), x));
  return value;
}

/**
 * The outputs, and the sum of the magnitudes of the terms that the last sums in front of each add up, on which its rounding error
 * depends: it is larger than the output where terms cancel or an activation is flat.
 */
export function evaluateWithMagnitudes(graph: ExportGraph, x: Tensor64): { output: Tensor64; magnitude: Tensor64 } {
  const value = valuesOf(graph, x);
  const makers = new Map<ExportTensor, ExportOperation>(graph.operations.map((operation) => [operation.output, operation]));
  const magnitudes = new Map<ExportTensor, Tensor64>();
  const magnitudeOf = (tensor: ExportTensor): Tensor64 => {
    const found = magnitudes.get(tensor) ?? newMagnitudeOf(tensor);
    magnitudes.set(tensor, found);
    return found;
  };
  const newMagnitudeOf = (tensor: ExportTensor): Tensor64 => {
    const operation = makers.get(tensor);
    if (!operation) return absolute(value(tensor));
    switch (operation.type) {
      case 'conv2d':
      case 'conv2dTranspose':
      case 'dense':
      case 'scaleOffset':
        return evaluate(withAbsoluteConstants(operation), operation.inputs.map(value).map(absolute), x);
      case 'layerNorm':
        return magnitudeOfNormalised(operation, value(operation.inputs[0]));
      case 'activation':
      case 'prelu':
      case 'softmax':
        return magnitudeOf(operation.inputs[0]);
      default:
        return evaluate(operation, operation.inputs.map(magnitudeOf), x);
    }
  };
  return { output: value(graph.output), magnitude: magnitudeOf(graph.output) };
}

function absolute<T extends { readonly data: Float32Array | Float64Array }>(tensor: T): T {
  return { ...tensor, data: tensor.data.map(Math.abs) };
}

function withAbsoluteConstants(operation: ExportOperation): ExportOperation {
  switch (operation.type) {
    case 'conv2d':
    case 'conv2dTranspose':
      return { ...operation, filter: absolute(operation.filter), bias: operation.bias && absolute(operation.bias) };
    case 'dense':
      return { ...operation, weights: absolute(operation.weights), bias: operation.bias && absolute(operation.bias) };
    case 'scaleOffset':
      return { ...operation, scale: absolute(operation.scale), offset: absolute(operation.offset) };
    default:
      return operation;
  }
}

/** |scale| (|x| + |mean|) / sqrt(variance + epsilon) + |offset|. */
function magnitudeOfNormalised({ over, epsilon, scale, offset }: LayerNormOperation, x: Tensor64): Tensor64 {
  const size = over === 'channels' ? (x.shape.at(-1) ?? 1) : elements(x.shape.slice(1));
  const data = new Float64Array(x.data.length);
  for (let start = 0; start < data.length; start += size) {
    const group = x.data.subarray(start, start + size);
    const mean = group.reduce((sum, value) => sum + value, 0) / size;
    const variance = group.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
    const factor = 1 / Math.sqrt(variance + epsilon);
    group.forEach((value, i) => {
      const at = (constant: Constant) => Math.abs(constant.data[i % constant.data.length] ?? 0);
      data[start + i] = at(scale) * (Math.abs(value) + Math.abs(mean)) * factor + at(offset);
    });
  }
  return { shape: x.shape, data };
}

/** An operation's output of a batch of as many samples as the network's input has. */
function evaluate(operation: ExportOperation, inputs: readonly Tensor64[], { shape: [batch = 1] }: Tensor64): Tensor64 {
  const { data } = evaluateBatch(operation, inputs, batch);
  return { shape: [batch, ...operation.output.shape], data };
}

function evaluateBatch(operation: ExportOperation, inputs: readonly Tensor64[], batch: number): Tensor64 {
  const [x, other] = inputs;
  if (!x) throw new Error(`${operation.type} has no input`);
  switch (operation.type) {
    case 'conv2d': {
      const { filter, bias, window, groups } = operation;
      return forward('conv2d', { x, filter: wide(filter), bias: bias && wide(bias) }, { ...windowed(window), groups });
    }
    case 'conv2dTranspose':
      return transposedConvolution(operation, x, batch);
    case 'dense':
      return forward('dense', { x, weights: wide(operation.weights), bias: operation.bias && wide(operation.bias) });
    case 'maxPool2d':
    case 'avgPool2d': {
      const { windowHeight, windowWidth } = operation.window;
      return forward(operation.type, { x }, { ...windowed(operation.window), size: [windowHeight, windowWidth] });
    }
    case 'scaleOffset':
      return forward('add', { a: forward('multiply', { a: x, b: wide(operation.scale) }), b: wide(operation.offset) });
    case 'layerNorm': {
      const { over: axes, epsilon, scale, offset } = operation;
      return forward('layerNorm', { x, scale: wide(scale), offset: wide(offset) }, { axes, epsilon });
    }
    case 'prelu':
      return forward('prelu', { x, slope: wide(operation.slope) });
    case 'activation':
      return forward(operation.activation.kind, { x }, operation.activation.options);
    case 'softmax':
      return forward('softmax', { x });
    case 'concat':
      return forward('concat', Object.fromEntries(inputs.map((tensor, index) => [`path${index}`, tensor])));
    case 'add':
    case 'multiply':
      return forward(operation.type, { a: x, b: other });
    case 'upsample2d':
      return forward('upsample2d', { x }, { factor: operation.factor });
    case 'channelShuffle': {
      const { groups } = operation;
      const channels = x.shape.at(-1) ?? 1;
      const grouped = { shape: [x.data.length / channels, groups, channels / groups], data: x.data };
      return forward('transpose', { x: grouped }, { permutation: [0, 2, 1] });
    }
    case 'reshape':
      return x;
  }
}

/** The gradient of the convolution whose way back it is, with respect to that one's input. */
function transposedConvolution({ filter, bias, window, groups, output }: Conv2dTransposeOperation, x: Tensor64, batch: number) {
  const shape = [batch, ...output.shape];
  const zeros = { shape, data: new Float64Array(elements(shape)) };
  const { x: y } = referenceOf('conv2d').gradient({ x: zeros, filter: wide(filter) }, x, { ...windowed(window), groups });
  if (!y) throw new Error('A convolution has a gradient of its input');
  return bias ? forward('add', { a: y, b: wide(bias) }) : y;
}

function forward(name: string, inputs: Readonly<Record<string, Tensor64 | undefined>>, attributes: object = {}): Tensor64 {
  const given = Object.entries(inputs).flatMap(([key, tensor]) => (tensor ? [[key, tensor] as const] : []));
  return referenceOf(name).forward(Object.fromEntries(given), { ...attributes });
}

function referenceOf(name: string) {
  const reference = references[name];
  if (!reference) throw new Error(`There is no reference of ${name}`);
  return reference;
}

function wide({ shape, data }: Constant): Tensor64 {
  return { shape, data: Float64Array.from(data) };
}

function windowed({ strideHeight, strideWidth, dilationHeight, dilationWidth, top, bottom, left, right }: WindowGeometry) {
  return {
    strides: [strideHeight, strideWidth],
    dilations: [dilationHeight, dilationWidth],
    padding: [top, bottom, left, right],
  };
}
