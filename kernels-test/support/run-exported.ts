import type { WindowGeometry } from '../../src/core/geometry.ts';
import type { Constant, ExportGraph, ExportOperation, ExportTensor } from '../../src/export/graph.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import { reference } from './reference-network.ts';

/** Runs what leaves, for a batch x [N, ...input], in float64 from the reference operations alone. */
export function runExported({ input, output, operations }: ExportGraph, x: Tensor64): Tensor64 {
  const values = new Map<ExportTensor, Tensor64>([[input, x]]);
  const batch = x.shape[0] ?? 1;
  const value = (tensor: ExportTensor): Tensor64 => {
    const found = values.get(tensor);
    if (!found) throw new Error(`Nothing has made ${tensor.name}`);
    return found;
  };
  for (const operation of operations) {
    const { data } = run(operation, operation.inputs.map(value), batch);
    values.set(operation.output, { shape: [batch, ...operation.output.shape], data });
  }
  return value(output);
}

function run(operation: ExportOperation, inputs: readonly Tensor64[], batch: number): Tensor64 {
  const [x, other] = inputs;
  if (!x) throw new Error(`${operation.type} has no input`);
  const of = (name: string, inputs: Record<string, Tensor64 | undefined>, attributes: object = {}) =>
    reference(name).forward(
      Object.fromEntries(Object.entries(inputs).flatMap(([key, tensor]) => (tensor ? [[key, tensor]] : []))),
      { ...attributes },
    );
  switch (operation.type) {
    case 'conv2d':
    case 'conv2dTranspose': {
      const { filter, bias, window, groups } = operation;
      return of(operation.type, { x, filter: wide(filter), bias: bias && wide(bias) }, { ...windowed(window), groups });
    }
    case 'dense':
      return of('dense', { x, weights: wide(operation.weights), bias: operation.bias && wide(operation.bias) });
    case 'maxPool2d':
    case 'avgPool2d':
      return of(operation.type, { x }, { ...windowed(operation.window), size: sizeOf(operation.window) });
    case 'scaleOffset':
      return of('add', { a: of('multiply', { a: x, b: wide(operation.scale) }), b: wide(operation.offset) });
    case 'layerNorm': {
      const { over: axes, epsilon, scale, offset } = operation;
      return of('layerNorm', { x, scale: wide(scale), offset: wide(offset) }, { axes, epsilon });
    }
    case 'prelu':
      return of('prelu', { x, slope: wide(operation.slope) });
    case 'activation':
      return of(operation.activation.kind, { x }, operation.activation.options);
    case 'softmax':
      return of('softmax', { x });
    case 'concat':
      return of('concat', Object.fromEntries(inputs.map((tensor, index) => [`path${index}`, tensor])));
    case 'add':
    case 'multiply':
      return of(operation.type, { a: x, b: other });
    case 'upsample2d':
      return of('upsample2d', { x }, { factor: operation.factor });
    case 'channelShuffle': {
      const { groups } = operation;
      const channels = x.shape.at(-1) ?? 1;
      const rows = x.data.length / channels;
      const grouped = { shape: [rows, groups, channels / groups], data: x.data };
      return of('transpose', { x: grouped }, { permutation: [0, 2, 1] });
    }
    case 'reshape':
      return { shape: [batch, ...operation.output.shape], data: x.data };
  }
}

function wide({ shape, data }: Constant): Tensor64 {
  return { shape, data: Float64Array.from(data) };
}

function sizeOf({ windowHeight, windowWidth }: WindowGeometry) {
  return [windowHeight, windowWidth];
}

function windowed({ strideHeight, strideWidth, dilationHeight, dilationWidth, top, bottom, left, right }: WindowGeometry) {
  return {
    strides: [strideHeight, strideWidth],
    dilations: [dilationHeight, dilationWidth],
    padding: [top, bottom, left, right],
  };
}
