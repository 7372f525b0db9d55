import { channelShuffle } from '../../model/layers/channel-shuffle.ts';
import { flatten } from '../../model/layers/flatten.ts';
import { reshape } from '../../model/layers/reshape.ts';
import type { Constant } from './constant.ts';
import { type Factor, type IrNode, layerNode } from './ir.ts';
import type { OnnxNode } from './node.ts';
import { reordered } from './reordered.ts';
import { type Atom, imageView, layoutOf, positions, sameAtomSet, sameAtoms, sizeOf, type View, vectorView } from './view.ts';

/** Zeros around an image, [top, bottom, left, right]. */
export type Sides = readonly [number, number, number, number];

/** A tensor that depends on the network's input: a node of ours, and how the ONNX tensor is seen in it. */
export interface Feature {
  readonly node: IrNode;
  readonly view: View;
  /** Of an image with zeros around it: the image alone, for a window that can do the padding itself. */
  readonly padded?: { readonly image: Feature; readonly sides: Sides };
}

/** What a node of ours gives, as ONNX has it: [N, C, H, W] or [N, size]. */
export function featureOf(node: IrNode): Feature {
  return { node, view: node.shape.length === 3 ? imageView(node.shape) : vectorView(node.shape[0] ?? 1) };
}

/** The same elements by another node, that keeps the shape. */
export function through({ view }: Feature, node: IrNode): Feature {
  return { node, view };
}

/** The ONNX axes behind the batch of channels-first images. */
export const CHANNELS_FIRST = { height: 1, width: 2, channels: 0 } as const;

interface ImageAxes {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** The feature as an image of ours whose height, width and channels are these ONNX axes. Throws where its elements lie otherwise. */
export function asImage(node: OnnxNode, feature: Feature, { height, width, channels }: ImageAxes = CHANNELS_FIRST): Feature {
  const { axes } = feature.view;
  if (axes.length !== 3)
    throw node.fault(
      `its input has ${axes.length + 1} axes`,
      'needed is one of images, [N, channels, height, width]; other dimensions have no layer',
    );
  return arranged(node, feature, [axes[height] ?? [], axes[width] ?? [], axes[channels] ?? []]);
}

/** The feature with these dimensions of ours, [h, w, c] or [n]; layers are added where they are not its own. Throws where none does it. */
export function arranged(node: OnnxNode, feature: Feature, wanted: View['dims']): Feature {
  const found = arrangedIfPossible(node, feature, wanted);
  if (found) return found;
  throw node.fault(
    'its input is a transposed or reshaped tensor whose elements lie in another order than those of an image',
    'needed is a layer that transposes, which there is not: leave transpositions out that are not undone again',
  );
}

function arrangedIfPossible(node: OnnxNode, feature: Feature, wanted: View['dims']): Feature | undefined {
  const { axes, dims } = feature.view;
  if (sameDims(dims, wanted)) return feature;
  const view = { axes, dims: wanted };
  const isVector = wanted.length === 1;
  const shaped = (input: IrNode) =>
    layerNode(node.where, input, () => (isVector ? flatten() : reshape(wanted.map(sizeOf) as [number])));
  if (sameAtoms(wanted.flat(), dims.flat())) return { node: shaped(feature.node), view };
  const groups = shuffledGroups(dims, wanted);
  if (groups !== undefined) return { node: layerNode(node.where, feature.node, () => channelShuffle(groups)), view };
  const turned = dims.length === 1 ? reordered(node, feature.node, positions(wanted.flat(), dims.flat())) : undefined;
  return turned && { node: isVector ? turned : shaped(turned), view };
}

export function sameDims(dims: View['dims'], others: View['dims']): boolean {
  return dims.length === others.length && dims.every((atoms, dim) => sameAtoms(atoms, others[dim] ?? []));
}

/** How many groups a channel shuffle has that makes `wanted` of these dims; undefined where none does. */
function shuffledGroups(dims: View['dims'], wanted: View['dims']): number | undefined {
  const [channels = [], shuffled = []] = [dims.at(-1), wanted.at(-1)];
  if (!sameDims(dims.slice(0, -1), wanted.slice(0, -1))) return undefined;
  const split = channels.findIndex((_, at) => sameAtoms([...channels.slice(at), ...channels.slice(0, at)], shuffled));
  return split > 0 ? sizeOf(channels.slice(0, split)) : undefined;
}

/** The feature as a vector of ours, its elements in our order. */
export function asVector(where: string, { node, view }: Feature): Feature {
  if (view.dims.length === 1) return { node, view };
  return { node: layerNode(where, node, () => flatten()), view: { axes: view.axes, dims: [view.dims.flat()] } };
}

/** The ways in which axes may be ours: a vector, or an image with its channels last or first. */
function waysOf({ axes }: View): readonly View['dims'][] {
  const [first = [], second = [], third = []] = axes;
  if (axes.length === 1) return [axes];
  return axes.length === 3 ? [axes, [second, third, first]] : [];
}

/** Two features whose elements lie alike, by another shape of theirs where they don't; as they were where there is none. */
export function alike(node: OnnxNode, left: Feature, right: Feature): readonly [Feature, Feature] {
  if (layoutOf(left.view) === layoutOf(right.view)) return [left, right];
  const rightWays = waysOf(right.view);
  for (const [index, way] of waysOf(left.view).entries()) {
    const a = arrangedIfPossible(node, left, way);
    const b = a && arrangedIfPossible(node, right, rightWays[index] ?? []);
    if (a && b && layoutOf(a.view) === layoutOf(b.view)) return [a, b];
  }
  return [left, right];
}

/**
 * The feature with our last dimension made of these atoms and no others, and where each of its channels stands along them in the file:
 * what a parameter of an ONNX axis is taken by.
 */
export function withChannels(
  node: OnnxNode,
  given: Feature,
  atoms: readonly Atom[],
  fault = (problem: string, needed: string) => node.fault(problem, needed),
): { readonly feature: Feature; readonly channels: Int32Array } {
  const all = given.view.dims.flat();
  const whole = sameAtomSet(all, atoms);
  const isLast = ({ view }: Feature) => sameAtomSet(view.dims.at(-1) ?? [], atoms);
  const ways = waysOf(given.view).filter((way) => sameAtomSet(way.at(-1) ?? [], atoms));
  const reformed = () =>
    ways.reduce<Feature | undefined>((found, way) => found ?? arrangedIfPossible(node, given, way), undefined);
  const feature = isLast(given) ? given : whole ? asVector(node.where, given) : reformed();
  if (feature && isLast(feature)) return { feature, channels: positions(feature.view.dims.at(-1) ?? [], atoms) };
  throw fault(
    `treats elements by axes of sizes [${atoms.map(({ size }) => size).join(', ')}], which are not the channels of its input`,
    'needed is one number for all, or one a channel',
  );
}

/** A constant as a factor of each channel, by NumPy's broadcasting; the feature may become a vector for it. */
export function perChannel(
  node: OnnxNode,
  feature: Feature,
  constant: Constant,
): { readonly feature: Feature; readonly factor: Factor } {
  const { axes } = feature.view;
  const rank = axes.length + 1;
  const shape = [...Array.from({ length: rank - constant.shape.length }, () => 1), ...constant.shape];
  const fits = shape.length === rank && shape.slice(1).every((size, axis) => size === 1 || size === sizeOf(axes[axis] ?? []));
  if (!fits || shape[0] !== 1)
    throw node.fault(
      `its constant '${constant.name}' has shape [${constant.shape.join(', ')}] beside an input of [N, ${axes.map(sizeOf).join(', ')}]`,
      'needed is one number, or one a channel',
    );
  const varying = axes.filter((_, axis) => shape[axis + 1] !== 1).flat();
  if (varying.length === 0) return { feature, factor: constant.data[0] ?? Number.NaN };
  const placed = withChannels(node, feature, varying);
  return {
    feature: placed.feature,
    factor: Float64Array.from(placed.channels, (position) => constant.data[position] ?? Number.NaN),
  };
}
