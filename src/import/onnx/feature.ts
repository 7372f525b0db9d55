import { type Shape, sameShape } from '../../core/value.ts';
import { channelShuffle } from '../../model/layers/channel-shuffle.ts';
import { flatten } from '../../model/layers/flatten.ts';
import { reshape } from '../../model/layers/reshape.ts';
import type { Constant } from './constant.ts';
import { type Factor, type IrNode, layerNode } from './ir.ts';
import type { OnnxNode } from './node.ts';
import { reordered } from './reordered.ts';
import {
  type Atom,
  atomsOf,
  imageView,
  layoutOf,
  positions,
  reshaped,
  sameAtomSet,
  sameAtoms,
  sizeOf,
  type View,
  vectorView,
} from './view.ts';

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

/** Of a node, those with its elements in other shapes or orders, by what these are: whoever asks again gets the same one. */
const arrangements = new WeakMap<IrNode, Map<string, IrNode | undefined>>();

/** As `arranged`; undefined where no layers do it. */
export function arrangedIfPossible(node: OnnxNode, feature: Feature, wanted: View['dims']): Feature | undefined {
  const { axes, dims } = feature.view;
  if (sameDims(dims, wanted)) return feature;
  const known = arrangements.get(feature.node) ?? new Map<string, IrNode | undefined>();
  arrangements.set(feature.node, known);
  const key = layoutOf({ axes: dims, dims: wanted });
  if (!known.has(key)) known.set(key, arrangedNode(node, feature, wanted));
  const made = known.get(key);
  return made && { node: made, view: { axes, dims: wanted } };
}

function arrangedNode(node: OnnxNode, { node: given, view: { dims } }: Feature, wanted: View['dims']): IrNode | undefined {
  const isVector = wanted.length === 1;
  if (sameAtoms(wanted.flat(), dims.flat())) return shaped(node, given, wanted.map(sizeOf));
  const groups = shuffledGroups(dims, wanted);
  // A vector becomes the image first whose channels are to be dealt.
  if (groups !== undefined) return layerNode(node.where, shaped(node, given, wanted.map(sizeOf)), () => channelShuffle(groups));
  const turned = dims.length === 1 ? reordered(node, given, positions(wanted.flat(), dims.flat())) : undefined;
  return turned && !isVector ? shaped(node, turned, wanted.map(sizeOf)) : turned;
}

/** The same elements in another shape of ours, [h, w, c] or [n]. */
function shaped(node: OnnxNode, given: IrNode, sizes: Shape): IrNode {
  if (sameShape(given.shape, sizes)) return given;
  const { step, inputs } = given;
  const [before] = inputs;
  if (step.kind === 'layer' && before && (step.layer.type === 'flatten' || step.layer.type === 'reshape'))
    return shaped(node, before, sizes);
  return layerNode(node.where, given, () => (sizes.length === 1 ? flatten() : reshape(sizes as [number, number, number])));
}

/**
 * The feature with its ONNX axes of other sizes; undefined where they divide elements that lie apart. A shuffle of channels, which a file
 * writes as a reshaping, a transposition and a reshaping, becomes a layer with the last of them.
 */
export function reshapedFeature(node: OnnxNode, feature: Feature, sizes: Shape): Feature | undefined {
  for (const found of waysToReshape(node, feature)) {
    const view = reshaped(found.view, sizes);
    if (!view) continue;
    const { axes, dims } = view;
    const channels = dims.at(-1) ?? [];
    const isNew = (axis: readonly Atom[]) => !feature.view.axes.some((old) => sameAtoms(old, axis));
    const dealt = axes.find((axis) => isNew(axis) && sameAtomSet(axis, channels) && !sameAtoms(axis, channels));
    const made = { node: found.node, view };
    if (dealt) return arrangedIfPossible(node, made, [...dims.slice(0, -1), dealt]) ?? made;
    // Flattened in the order of our value, it is a vector of ours.
    return sizes.length === 1 && sameAtoms(axes.flat(), dims.flat()) ? asVector(node, made) : made;
  }
  return undefined;
}

/** The feature as it is, and with those of its elements as one that the file and our value have in the same order. */
function* waysToReshape(node: OnnxNode, feature: Feature): Generator<Feature> {
  yield feature;
  const { axes, dims } = feature.view;
  const all = axes.flat();
  const vector = arrangedIfPossible(node, feature, [all]);
  if (vector) {
    const whole = atomsOf(sizeOf(all));
    yield { node: vector.node, view: { axes: [whole], dims: [whole] } };
  }
  const channels = dims.at(-1) ?? [];
  const first = all.findIndex((atom) => channels.includes(atom));
  const run = all.slice(first, first + channels.length);
  if (first < 0 || !sameAtomSet(run, channels)) return;
  const image = arrangedIfPossible(node, feature, [...dims.slice(0, -1), run]);
  if (!image) return;
  const whole = atomsOf(sizeOf(run));
  const file = [...all.slice(0, first), ...whole, ...all.slice(first + run.length)];
  yield { node: image.node, view: { axes: [file], dims: [...dims.slice(0, -1), whole] } };
}

export function sameDims(dims: View['dims'], others: View['dims']): boolean {
  return dims.length === others.length && dims.every((atoms, dim) => sameAtoms(atoms, others[dim] ?? []));
}

/** How many groups a channel shuffle has that makes `wanted` of these dims; undefined where none does. */
function shuffledGroups(dims: View['dims'], wanted: View['dims']): number | undefined {
  const before = wanted.slice(0, -1);
  const first = before.flat().length;
  const [channels, shuffled = []] = [dims.flat().slice(first), wanted.at(-1)];
  if (!sameAtoms(dims.flat().slice(0, first), before.flat())) return undefined;
  // An image as a vector channel by channel would move all elements: who must have it makes a vector of ours first.
  if (wanted.length === 1 && dims.length > 1) return undefined;
  const split = channels.findIndex((_, at) => sameAtoms([...channels.slice(at), ...channels.slice(0, at)], shuffled));
  return split > 0 ? sizeOf(channels.slice(0, split)) : undefined;
}

/** The feature as a vector of ours, its elements in our order. */
export function asVector(node: OnnxNode, feature: Feature): Feature {
  return arranged(node, feature, [feature.view.dims.flat()]);
}

/** The ways in which axes may be ours: a vector, or an image with its channels last or first. */
export function waysOf({ axes }: View): readonly View['dims'][] {
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
  const vectors = [asVector(node, left), asVector(node, right)] as const;
  return layoutOf(vectors[0].view) === layoutOf(vectors[1].view) ? vectors : [left, right];
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
  const feature = isLast(given) ? given : whole ? asVector(node, given) : reformed();
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
