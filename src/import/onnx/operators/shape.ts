import { type Constant, isBatch, listOf } from '../constant.ts';
import { type Feature, reshapedFeature, type Sides } from '../feature.ts';
import type { Operator } from '../importer.ts';
import type { OnnxNode } from '../node.ts';
import { axesOf, reshapedSizes } from '../shape-rules.ts';
import { type Atom, atomsOf, axisSizes, permuted, sameAtoms } from '../view.ts';
import { fixedFilter } from './pooling.ts';

/** At inference the same tensor. */
export const Identity: Operator = (node, importer) => importer.feature(node, 0);

export const Dropout: Operator = (node, importer) => {
  node.read('ratio');
  node.read('seed');
  importer.optionalConstant(node, 1);
  if ((importer.optionalConstant(node, 2)?.data[0] ?? 0) !== 0)
    throw node.fault('its training_mode is true', 'export the network for inference: model.eval() in PyTorch');
  return importer.feature(node, 0);
};

/** Between kinds of floats, or of bytes to floats. */
export const Cast: Operator = (node, importer) => {
  node.integer('saturate', 1);
  const to = node.integer('to', 1);
  if (![1, 10, 11, 16].includes(to))
    throw node.attributeFault('to', `is element type ${to}`, 'needed is one of floats: a network calculates in float32');
  return importer.feature(node, 0);
};

/** With the batch first, whose size may be open. */
function sizesOf(batch: number, { view }: Feature): number[] {
  return [batch, ...axisSizes(view)];
}

export const Shape: Operator = (node, importer): Constant => {
  const sizes = sizesOf(importer.batch, importer.feature(node, 0));
  const data = sizes.slice(node.integer('start', 0), node.has('end') ? node.integer('end', 0) : undefined);
  return { name: '', shape: [data.length], data, range: [0, 2 ** 53] };
};

function ofSizes(node: OnnxNode, batch: number, feature: Feature, sizes: readonly number[]): Feature {
  const [first, ...rest] = sizes;
  const keepsBatch = isBatch(batch) ? isBatch(first) : first === batch;
  if (!keepsBatch || rest.some(isBatch))
    throw node.fault(
      `it makes [${sizes.join(', ')}] of [${sizesOf(batch, feature).join(', ')}]`.replaceAll('NaN', 'N'),
      'needed is the batch as the first axis, as it was',
    );
  const found = reshapedFeature(node, feature, rest);
  if (!found)
    throw node.fault(
      `it divides axes of [${axisSizes(feature.view).join(', ')}] into [${rest.join(', ')}], across pixels and channels`,
      'needed is a shape that joins or divides whole axes',
    );
  return found;
}

export const Reshape: Operator = (node, importer) => {
  const feature = importer.feature(node, 0);
  const wanted = listOf(node.where, importer.constant(node, 1));
  const sizes = reshapedSizes(node, sizesOf(importer.batch, feature), wanted, node.flag('allowzero', false));
  return ofSizes(node, importer.batch, feature, sizes);
};

export const Flatten: Operator = (node, importer) => {
  const feature = importer.feature(node, 0);
  const rank = feature.view.axes.length + 1;
  const axis = node.integer('axis', 1);
  if (axis !== 1 && axis !== 1 - rank) throw node.attributeFault('axis', `${axis} mixes the samples of a batch`, 'needed is 1');
  return { node: feature.node, view: { axes: [feature.view.axes.flat()], dims: feature.view.dims } };
};

export const Transpose: Operator = (node, importer) => {
  const { node: input, view, padded } = importer.feature(node, 0);
  const rank = view.axes.length + 1;
  const order = node.integers('perm', rank) ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  if (new Set(order).size !== rank || order.some((axis) => axis < 0 || axis >= rank))
    throw node.attributeFault('perm', `[${order.join(', ')}] is no order of ${rank} axes`, 'the file is damaged');
  if (order[0] !== 0)
    throw node.attributeFault('perm', `[${order.join(', ')}] moves the batch`, 'needed is the batch as the first axis');
  const rest = order.slice(1).map((axis) => axis - 1);
  const turned = (feature: Feature): Feature => ({ ...feature, view: permuted(feature.view, rest) });
  return {
    node: input,
    view: permuted(view, rest),
    ...(padded && { padded: { image: turned(padded.image), sides: padded.sides } }),
  };
};

export const Squeeze: Operator = (node, importer) => {
  const { node: input, view } = importer.feature(node, 0);
  const rank = view.axes.length + 1;
  const axes =
    axesOf(node, importer.optionalConstant(node, 1), rank) ??
    axisSizes(view).flatMap((size, axis) => (size === 1 ? [axis + 1] : []));
  const wrong = axes.find((axis) => axis === 0 || view.axes[axis - 1]?.length !== 0);
  if (wrong !== undefined)
    throw node.fault(
      `it takes axis ${wrong} away${wrong === 0 ? ', the batch' : ''}`,
      'needed are axes of size 1 behind the batch',
    );
  return { node: input, view: { ...view, axes: view.axes.filter((_, axis) => !axes.includes(axis + 1)) } };
};

export const Unsqueeze: Operator = (node, importer) => {
  const { node: input, view } = importer.feature(node, 0);
  const given = importer.optionalConstant(node, 1);
  const list = given ? listOf(node.where, given) : (node.integers('axes') ?? []);
  const rank = view.axes.length + 1 + list.length;
  const added = list.map((axis) => (axis < 0 ? axis + rank : axis));
  if (added.some((axis) => !(axis >= 1 && axis < rank)) || new Set(added).size !== added.length || rank > 8)
    throw node.fault(`it adds the axes ${list.join(', ')}`, 'needed are axes behind the batch');
  const rest = [...view.axes];
  const axes = Array.from({ length: rank - 1 }, (_, axis) => (added.includes(axis + 1) ? [] : (rest.shift() ?? [])));
  return { node: input, view: { ...view, axes } };
};

/** Zeros around the pixels: the padding of the convolution behind it or, where another layer follows, a convolution that pads alone. */
export const Pad: Operator = (node, importer) => {
  const feature = importer.feature(node, 0);
  const { axes, dims } = feature.view;
  const rank = axes.length + 1;
  const mode = node.text('mode', 'constant');
  if (mode !== 'constant') throw node.attributeFault('mode', `is '${mode}'`, "needed is 'constant', zeros");
  const given = importer.optionalConstant(node, 1);
  const pads = given ? listOf(node.where, given) : (node.integers('pads') ?? []);
  const value = importer.optionalConstant(node, 2)?.data[0] ?? (node.has('value') ? node.number('value', 0) : 0);
  const chosen = importer.optionalConstant(node, 3);
  const along = chosen
    ? listOf(node.where, chosen).map((axis) => (axis < 0 ? axis + rank : axis))
    : Array.from({ length: rank }, (_, axis) => axis);
  if (pads.length !== 2 * along.length || pads.some((pad) => !Number.isSafeInteger(pad) || pad < 0))
    throw node.fault(`it pads by [${pads.join(', ')}]`, 'needed are two numbers of at least 0 for each axis');
  const sides: [number, number, number, number] = [0, 0, 0, 0];
  along.forEach((axis, index) => {
    const [before = 0, after = 0] = [pads[index], pads[index + along.length]];
    if (before === 0 && after === 0) return;
    const atoms = axes[axis - 1] ?? [];
    const dim = dims.length === 3 && atoms.length > 0 ? dims.findIndex((dim) => sameAtoms(dim, atoms)) : -1;
    if (dim !== 0 && dim !== 1) throw node.fault(`it pads axis ${axis}`, 'needed are the height and the width of images');
    sides[2 * dim] = before;
    sides[2 * dim + 1] = after;
  });
  if (sides.every((side) => side === 0)) return feature;
  if (value !== 0) throw node.fault(`it pads by ${value}`, 'needed is 0');
  const padded = fixedFilter(node, importer, onePixel(feature, sides), 1);
  // Seen as it was seen before, with the larger height and width.
  const isPadded = (dim: number) => (sides[2 * dim] ?? 0) + (sides[2 * dim + 1] ?? 0) > 0;
  const grown = dims.map((dim, index) => (isPadded(index) ? atomsOf(padded.shape[index] ?? 1) : dim));
  const larger = (atoms: readonly Atom[]) => {
    const dim = dims.findIndex((old) => atoms.length > 0 && sameAtoms(old, atoms));
    return grown[dim] ?? atoms;
  };
  return { node: padded, view: { dims: grown, axes: axes.map(larger) }, padded: { image: feature, sides } };
};

function onePixel(image: Feature, sides: Sides) {
  const one = [1, 1] as const;
  return { image, size: one, strides: one, dilations: one, sides };
}
