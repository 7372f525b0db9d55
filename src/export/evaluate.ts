import type { WindowGeometry } from '../core/geometry.ts';
import { elements } from '../core/value.ts';
import { references } from '../reference/index.ts';
import type { Tensor64 } from '../reference/reference.ts';
import type { Constant, Conv2dTransposeOperation, ExportGraph, ExportOperation, ExportTensor } from './operations.ts';

/** What leaves, run for a batch x [N, ...input] on the CPU in float64, from the reference operations alone. */
export function evaluateExported({ input, output, operations }: ExportGraph, x: Tensor64): Tensor64 {
  const values = new Map<ExportTensor, Tensor64>([[input, x]]);
  const batch = x.shape[0] ?? 1;
  const value = (tensor: ExportTensor): Tensor64 => {
    const found = values.get(tensor);
    if (!found) throw new Error(`Nothing has made ${tensor.name}`);
    return found;
  };
  for (const operation of operations) {
    const { data } = evaluate(operation, operation.inputs.map(value), batch);
    values.set(operation.output, { shape: [batch, ...operation.output.shape], data });
  }
  return value(output);
}

function evaluate(operation: ExportOperation, inputs: readonly Tensor64[], batch: number): Tensor64 {
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
