import { elements } from '../../../core/value.ts';
import { avgPool2d } from '../../../model/layers/avg-pool2d.ts';
import { depthwiseConv2d } from '../../../model/layers/depthwise-conv2d.ts';
import { globalAvgPool2d } from '../../../model/layers/global-avg-pool2d.ts';
import { globalMaxPool2d } from '../../../model/layers/global-max-pool2d.ts';
import { maxPool2d } from '../../../model/layers/max-pool2d.ts';
import { asImage, CHANNELS_FIRST, type Feature, featureOf, type Sides } from '../feature.ts';
import type { Importer, Operator } from '../importer.ts';
import { layerNode } from '../ir.ts';
import type { OnnxNode } from '../node.ts';
import { isNonNegative } from '../non-negative.ts';
import { axesOf } from '../shape-rules.ts';
import { sameAtoms } from '../view.ts';
import { paddingOf, type Window, windowOf } from './window.ts';

export const MaxPool: Operator = (node, importer) => {
  node.integer('storage_order', 0);
  const { padded } = importer.feature(node, 0);
  // Zeros never win over what is not below them, so that they may be the pool's own padding, which never wins.
  const window = withCeiling(node, windowOf(node, importer, undefined, padded !== undefined && isNonNegative(padded.image.node)));
  undilated(node, window);
  const { size, strides } = window;
  return featureOf(layerNode(node.where, window.image.node, () => maxPool2d(size, { strides, padding: paddingOf(window) })));
};

export const AveragePool: Operator = (node, importer) => {
  const counts = node.flag('count_include_pad', false);
  const plain = windowOf(node, importer, undefined, counts);
  const window = withCeiling(node, plain);
  undilated(node, window);
  const { image, size, strides, sides } = window;
  if (!counts || sides.every((side) => side === 0))
    return featureOf(layerNode(node.where, image.node, () => avgPool2d(size, { strides, padding: paddingOf(window) })));
  if (window !== plain)
    throw node.attributeFault(
      'ceil_mode',
      'together with count_include_pad averages over windows of different sizes',
      'needed is one of them',
    );
  // An average in which the zeros around the image count is a convolution of each channel by a constant filter.
  return featureOf(fixedFilter(node, importer, window, 1 / elements(size)));
};

/** Each channel by a filter of one number, that stays as it is. */
export function fixedFilter(node: OnnxNode, importer: Importer, window: Window, value: number) {
  const { image, size, strides } = window;
  const [, , channels = 1] = image.node.shape;
  const make = () => depthwiseConv2d(size, { strides, padding: paddingOf(window), bias: false, trainable: false });
  return importer.weighted(node, image.node, make, {
    from: [],
    order: node.outputs[0] ?? '',
    values: { filter: { shape: [...size, 1, channels], at: () => value } },
  });
}

function undilated(node: OnnxNode, { dilations }: Window): void {
  if (dilations.some((dilation) => dilation !== 1))
    throw node.attributeFault('dilations', `[${dilations.join(', ')}] spreads the window of a pool`, 'needed is [1, 1]');
}

/** With `ceil_mode` a last window may reach beyond the image: so much further padding. It begins within the image or the padding before it. */
function withCeiling(node: OnnxNode, window: Window): Window {
  if (!node.flag('ceil_mode', false)) return window;
  const [height = 1, width = 1] = window.image.node.shape;
  const beyond = (size: number, before: number, after: number, extent: number, stride: number): number => {
    const outputs = Math.ceil((size + before + after - extent) / stride) + 1;
    const last = (outputs - 1) * stride >= size + before ? outputs - 1 : outputs;
    return Math.max(0, (last - 1) * stride + extent - (size + before + after));
  };
  const [top, bottom, left, right] = window.sides;
  const down = beyond(height, top, bottom, window.size[0], window.strides[0]);
  const across = beyond(width, left, right, window.size[1], window.strides[1]);
  const sides: Sides = [top, bottom + down, left, right + across];
  return down === 0 && across === 0 ? window : { ...window, sides };
}

/** Over all pixels: [N, C, H, W] -> [N, C, 1, 1]. */
const overPixels =
  (make: typeof globalAvgPool2d | typeof globalMaxPool2d): Operator =>
  (node, importer) =>
    reduced(node, asImage(node, importer.feature(node, 0), CHANNELS_FIRST), [1, 2], true, make);

export const GlobalAveragePool = overPixels(globalAvgPool2d);
export const GlobalMaxPool = overPixels(globalMaxPool2d);

/** Over some axes, which must be height and width, in whichever order the file has its axes. */
const overAxes =
  (make: typeof globalAvgPool2d | typeof globalMaxPool2d): Operator =>
  (node, importer) => {
    const feature = importer.feature(node, 0);
    const rank = feature.view.axes.length + 1;
    const keeps = node.flag('keepdims', true);
    node.flag('noop_with_empty_axes', false);
    const axes = axesOf(node, importer.optionalConstant(node, 1), rank);
    if (!axes || axes.length === 0 || axes.includes(0))
      throw node.fault('it reduces the batch too', 'needed are the axes of height and width alone');
    return reduced(
      node,
      feature,
      axes.map((axis) => axis - 1),
      keeps,
      make,
    );
  };

export const ReduceMean = overAxes(globalAvgPool2d);
export const ReduceMax = overAxes(globalMaxPool2d);

/** Axes count without the batch. */
function reduced(
  node: OnnxNode,
  feature: Feature,
  over: readonly number[],
  keeps: boolean,
  make: typeof globalAvgPool2d | typeof globalMaxPool2d,
): Feature {
  const { axes } = feature.view;
  const gone = over.flatMap((axis) => axes[axis] ?? []);
  const left = axes.flatMap((atoms, axis) => (over.includes(axis) ? (keeps ? [[]] : []) : [atoms]));
  if (gone.length === 0) return { node: feature.node, view: { axes: left, dims: feature.view.dims } };
  const { dims } = feature.view;
  const [height = [], width = [], channels = []] = dims;
  const pixels = [...height, ...width];
  const isPixels = dims.length === 3 && gone.length === pixels.length && gone.every((atom) => pixels.includes(atom));
  if (!isPixels || !sameAtoms(channels, left.flat()))
    throw node.fault(
      `it reduces axes ${over.map((axis) => axis + 1).join(' and ')}`,
      'needed are the height and the width of images together: a global pool',
    );
  return { node: layerNode(node.where, feature.node, () => make()), view: { axes: left, dims: [channels] } };
}
