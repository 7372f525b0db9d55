import type { Pair } from '../../../core/geometry.ts';
import { permuted } from '../../../core/permuted.ts';
import { conv2d } from '../../../model/layers/conv2d.ts';
import { conv2dTranspose } from '../../../model/layers/conv2d-transpose.ts';
import { depthwiseConv2d } from '../../../model/layers/depthwise-conv2d.ts';
import type { Constant } from '../constant.ts';
import { featureOf } from '../feature.ts';
import type { Importer, Made, Operator } from '../importer.ts';
import type { OnnxNode } from '../node.ts';
import { paddingOf, windowOf } from './window.ts';

/** A filter of two dimensions, as the file has it: [A, B, KH, KW]. */
function filterOf(
  node: OnnxNode,
  importer: Importer,
): { readonly filter: Constant; readonly sizes: readonly [number, number, number, number] } {
  const filter = importer.constant(node, 1);
  const [a, b, height, width] = filter.shape;
  if (a === undefined || b === undefined || height === undefined || width === undefined || filter.shape.length !== 4)
    throw node.fault(
      `its filter '${filter.name}' has shape [${filter.shape.join(', ')}]`,
      'needed is one over images, of four axes: convolutions in one or three dimensions have no layer',
    );
  return { filter, sizes: [a, b, height, width] };
}

/** The filter with its axes [A, B, KH, KW] as [KH, KW, B, A]. */
function turned({ data, shape }: Constant, [a, b, height, width]: readonly [number, number, number, number]): Made {
  const values = permuted(new Float32Array(data), shape, [2, 3, 1, 0]);
  return { shape: [height, width, b, a], at: (index) => values[index] ?? 0 };
}

function biasOf(node: OnnxNode, bias: Constant | undefined, filters: number): Readonly<Record<string, Made>> {
  if (!bias) return {};
  if (bias.data.length !== filters)
    throw node.fault(`its bias '${bias.name}' has ${bias.data.length} elements for ${filters} filters`, 'the file is damaged');
  return { bias: { shape: [filters], at: (index) => bias.data[index] ?? 0 } };
}

export const Conv: Operator = (node, importer) => {
  const { filter, sizes } = filterOf(node, importer);
  const [filters, perGroup, height, width] = sizes;
  const kernel: Pair = [height, width];
  const window = windowOf(node, importer, kernel);
  const groups = node.integer('group', 1);
  const [, , channels = 1] = window.image.node.shape;
  if (perGroup * groups !== channels)
    throw node.fault(
      `its filter '${filter.name}' is for ${perGroup} channels in each of ${groups} groups, its input has ${channels}`,
      'the file is damaged, or made for another input',
    );
  const bias = importer.optionalConstant(node, 2);
  const options = { strides: window.strides, dilations: window.dilations, padding: paddingOf(window), bias: bias !== undefined };
  const isDepthwise = groups === channels && groups > 1 && filters % channels === 0;
  const make = () =>
    isDepthwise
      ? depthwiseConv2d(kernel, { ...options, multiplier: filters / channels })
      : conv2d(filters, kernel, { ...options, groups });
  return featureOf(
    importer.weighted(node, window.image.node, make, {
      from: [filter, bias],
      order: '',
      values: { filter: turned(filter, sizes), ...biasOf(node, bias, filters) },
    }),
  );
};

export const ConvTranspose: Operator = (node, importer) => {
  const { filter, sizes } = filterOf(node, importer);
  const [channels, perGroup, height, width] = sizes;
  const kernel: Pair = [height, width];
  const groups = node.integer('group', 1);
  if (node.has('output_shape'))
    throw node.attributeFault('output_shape', 'is given', "needed are explicit 'pads' instead, which say where the padding goes");
  const automatic = node.text('auto_pad', 'NOTSET');
  const window = windowOf(node, importer, kernel, false);
  const [, , given = 1] = window.image.node.shape;
  if (given !== channels)
    throw node.fault(`its filter '${filter.name}' is for ${channels} channels, its input has ${given}`, 'the file is damaged');
  const [downwards = 0, rightwards = 0] = node.integers('output_padding', 2) ?? [];
  const [top, bottom, left, right] = window.sides;
  const sides = [top, bottom - downwards, left, right - rightwards] as const;
  if (automatic.startsWith('SAME'))
    throw node.attributeFault('auto_pad', `is '${automatic}'`, "needed are explicit 'pads', which say where the padding goes");
  if (Math.min(...sides) < 0)
    throw node.attributeFault(
      'output_padding',
      'is larger than the padding that it adds to',
      'needed is at most as much as pads',
    );
  const filters = perGroup * groups;
  const bias = importer.optionalConstant(node, 2);
  const { strides, dilations } = window;
  const make = () => conv2dTranspose(filters, kernel, { strides, dilations, groups, padding: sides, bias: bias !== undefined });
  return featureOf(
    importer.weighted(node, window.image.node, make, {
      from: [filter, bias],
      order: '',
      values: { filter: turned(filter, sizes), ...biasOf(node, bias, filters) },
    }),
  );
};
