import { activation } from '../../../model/layers/activation.ts';
import { alike, arranged, arrangedIfPossible, type Feature, perChannel, through, waysOf, withChannels } from '../feature.ts';
import type { Importer, Operator } from '../importer.ts';
import { isFeature } from '../importer.ts';
import { combined, type Factor, type IrNode, layerNode } from '../ir.ts';
import type { OnnxNode } from '../node.ts';
import { atomsOf, axisSizes, layoutOf, sameAtoms, sizeOf } from '../view.ts';

/** A node that is a scaled and shifted other one, in all channels alike. */
interface Scaled {
  readonly base: IrNode;
  readonly scale: number;
  readonly offset: number;
}

function scaled(node: IrNode): Scaled | undefined {
  const { step, inputs } = node;
  if (step.kind !== 'affine' || !inputs[0]) return { base: node, scale: 1, offset: 0 };
  if (typeof step.scale !== 'number' || typeof step.offset !== 'number') return undefined;
  return { base: inputs[0], scale: step.scale, offset: step.offset };
}

const near = (a: number, b: number) => Math.abs(a - b) <= 1e-5 * Math.abs(b);
const isActivation = ({ step }: IrNode, kind: string) =>
  step.kind === 'layer' && step.layer.type === 'activation' && step.layer.activation === kind;

/** x * scale + offset; what exporters make of hardSigmoid this way is one again. */
function scaledFeature(node: OnnxNode, importer: Importer, feature: Feature, scale: Factor, offset: Factor, key = ''): Feature {
  const given = importer.affine(node, feature, scale, offset, key);
  const all = scaled(given.node);
  const inner = all && isActivation(all.base, 'relu6') && all.base.inputs[0] ? scaled(all.base.inputs[0]) : undefined;
  if (all && inner && near(all.scale, 1 / 6) && all.offset === 0 && inner.scale === 1 && inner.offset === 3)
    return through(
      feature,
      layerNode(node.where, inner.base, () => activation('hardSigmoid')),
    );
  if (all && all.scale === 1 && all.offset === 0) return through(feature, all.base);
  return given;
}

/** The two inputs where one of them is a constant. */
function withConstant(node: OnnxNode, importer: Importer) {
  const [a, b] = [importer.tensor(node, 0), importer.tensor(node, 1)];
  if (!a || !b) throw node.fault('it has one input', 'the file is damaged');
  if (isFeature(a) && isFeature(b)) return undefined;
  const [feature, constant] = isFeature(a) ? [a, b] : [b, a];
  if (!isFeature(feature) || isFeature(constant)) throw node.fault('both of its inputs are constants', 'the file is damaged');
  return { ...perChannel(node, feature, constant), isFirst: isFeature(a), key: constant.name };
}

/** Two features of the same shape whose elements lie alike, or undefined. */
function pairOf(node: OnnxNode, importer: Importer): readonly [Feature, Feature] {
  return [importer.feature(node, 0), importer.feature(node, 1)];
}

function together(node: OnnxNode, kind: 'add' | 'multiply', left: Feature, right: Feature): Feature {
  const [a, b] = alike(node, left, right);
  if (axisSizes(a.view).join() !== axisSizes(b.view).join())
    throw node.fault(
      `its inputs are of shapes [N, ${axisSizes(a.view).join(', ')}] and [N, ${axisSizes(b.view).join(', ')}]`,
      kind === 'add' ? 'needed are the same shapes' : 'needed are the same shapes, or one factor a channel beside an image',
    );
  if (layoutOf(a.view) !== layoutOf(b.view))
    throw node.fault(
      'the elements of its two inputs lie in different orders',
      'needed is a layer that transposes, which there is not',
    );
  return through(a, { step: { kind }, inputs: [a.node, b.node], shape: a.node.shape, where: node.where });
}

export const Add: Operator = (node, importer) => {
  const one = withConstant(node, importer);
  if (one) return scaledFeature(node, importer, one.feature, 1, one.factor, one.key);
  return together(node, 'add', ...pairOf(node, importer));
};

export const Sum: Operator = (node, importer) => {
  const [first, ...others] = node.inputs.map((_, index) => importer.feature(node, index));
  if (!first) throw node.fault('it has no inputs', 'the file is damaged');
  return others.reduce((sum, other) => together(node, 'add', sum, other), first);
};

export const Sub: Operator = (node, importer) => {
  const one = withConstant(node, importer);
  if (!one)
    throw node.fault(
      'it subtracts two tensors that depend on the input',
      'needed is a constant; the difference of two has no layer',
    );
  const { feature, factor, isFirst, key } = one;
  return scaledFeature(node, importer, feature, isFirst ? 1 : -1, isFirst ? combined(factor, -1, (a, b) => a * b) : factor, key);
};

export const Neg: Operator = (node, importer) => scaledFeature(node, importer, importer.feature(node, 0), -1, 0);

export const Div: Operator = (node, importer) => {
  const one = withConstant(node, importer);
  if (!one?.isFirst) throw node.fault('it divides by a tensor that depends on the input', 'needed is a constant divisor');
  return scaledFeature(
    node,
    importer,
    one.feature,
    combined(1, one.factor, (a, b) => a / b),
    0,
    `1 / ${one.key}`,
  );
};

export const Mul: Operator = (node, importer) => {
  const one = withConstant(node, importer);
  if (one) return scaledFeature(node, importer, one.feature, one.factor, 0, one.key);
  const [a, b] = pairOf(node, importer);
  const isAlike = axisSizes(a.view).join() === axisSizes(b.view).join() && layoutOf(a.view) === layoutOf(b.view);
  const gate = isAlike ? (selfGated(node, importer, a, b) ?? selfGated(node, importer, b, a)) : undefined;
  return gate ?? gated(node, a, b) ?? gated(node, b, a) ?? together(node, 'multiply', a, b);
};

/** x times a curve of x: what exporters write for silu, hardSwish and gelu. */
function selfGated(node: OnnxNode, importer: Importer, x: Feature, factor: Feature): Feature | undefined {
  const [plain, curve] = [scaled(x.node), scaled(factor.node)];
  const [before] = curve?.base.inputs ?? [];
  const inner = before && scaled(before);
  if (!plain || !curve || !inner || inner.base !== plain.base || plain.offset !== 0) return undefined;
  const kind = curveTimes(curve, inner);
  if (!kind) return undefined;
  const made = layerNode(node.where, plain.base, () => activation(kind.activation));
  return scaledFeature(node, importer, through(x, made), plain.scale * kind.factor, 0);
}

/** Which activation x * curve is, and how many times it. */
function curveTimes(
  curve: Scaled,
  inner: Scaled,
): { readonly activation: 'silu' | 'hardSwish' | 'gelu'; readonly factor: number } | undefined {
  const { base, scale, offset } = curve;
  const isPlain = inner.scale === 1 && inner.offset === 0;
  if (offset === 0 && isPlain && isActivation(base, 'sigmoid')) return { activation: 'silu', factor: scale };
  if (offset === 0 && isPlain && isActivation(base, 'hardSigmoid')) return { activation: 'hardSwish', factor: scale };
  if (offset === 0 && inner.scale === 1 && inner.offset === 3 && isActivation(base, 'relu6'))
    return { activation: 'hardSwish', factor: near(6 * scale, 1) ? 1 : 6 * scale };
  const isErf = base.step.kind === 'erf' && near(inner.scale, Math.SQRT1_2) && inner.offset === 0;
  return isErf && near(offset, scale) ? { activation: 'gelu', factor: 2 * scale } : undefined;
}

/** An image times one factor a channel, [N, C, 1, 1]. */
function gated(node: OnnxNode, given: Feature, factors: Feature): Feature | undefined {
  const { axes } = given.view;
  const others = factors.view.axes;
  const along = others.findIndex((atoms) => atoms.length > 0);
  const [channels = [], wanted = []] = [axes[along], others[along]];
  const isPixel = others.every((atoms, axis) => axis === along || atoms.length === 0);
  if (!isPixel || others.length !== axes.length || sizeOf(wanted) !== sizeOf(channels)) return undefined;
  const image = [given.view.dims, ...waysOf(given.view)]
    .filter((dims) => dims.length === 3 && sameAtoms(dims[2] ?? [], channels))
    .reduce<Feature | undefined>((found, dims) => found ?? arrangedIfPossible(node, given, dims), undefined);
  const rows = factors.view.dims.slice(0, -1);
  const factor = arrangedIfPossible(node, factors, rows.every((dim) => dim.length === 0) ? [...rows, wanted] : [wanted]);
  if (!image || !factor) return undefined;
  return through(image, {
    step: { kind: 'gate' },
    inputs: [image.node, factor.node],
    shape: image.node.shape,
    where: node.where,
  });
}

/** Of gelu; alone it has no layer, which is told once all patterns were looked for. */
export const Erf: Operator = (node, importer) => {
  const input = importer.feature(node, 0);
  return through(input, { step: { kind: 'erf' }, inputs: [input.node], shape: input.node.shape, where: node.where });
};

/** On our last axis. */
export const Concat: Operator = (node, importer) => {
  const given = node.inputs.map((_, index) => importer.feature(node, index));
  const [head] = given;
  if (!head) throw node.fault('it has no inputs', 'the file is damaged');
  const rank = head.view.axes.length + 1;
  const axis = node.integer('axis', 1);
  const at = (axis < 0 ? axis + rank : axis) - 1;
  const parts = given.map((feature) => {
    const atoms = feature.view.axes[at];
    if (!atoms || feature.view.axes.length !== rank - 1)
      throw node.attributeFault('axis', `${axis} is none of its inputs' behind the batch`, 'needed is that of the channels');
    const part = withChannels(node, feature, atoms, (problem) =>
      node.attributeFault('axis', `${axis} ${problem}`, 'needed is a concatenation of channels'),
    ).feature;
    return arranged(node, part, [...part.view.dims.slice(0, -1), atoms]);
  });
  const [first] = parts;
  const rest = ({ view }: Feature) =>
    layoutOf({ axes: view.axes.map((atoms, index) => (index === at ? [] : atoms)), dims: view.dims.slice(0, -1) });
  if (!first || parts.some((part) => rest(part) !== rest(first)))
    throw node.fault(
      'its inputs differ in other axes than that of the channels',
      'needed are images of the same height and width, or vectors',
    );
  if (parts.length === 1) return head;
  const size = parts.reduce((sum, part) => sum + (part.node.shape.at(-1) ?? 1), 0);
  const atoms = atomsOf(size);
  const { view, node: made } = first;
  const shape = [...made.shape.slice(0, -1), size];
  return {
    node: { step: { kind: 'concat' }, inputs: parts.map((part) => part.node), shape, where: node.where },
    view: {
      axes: view.axes.map((axisAtoms, index) => (index === at ? atoms : axisAtoms)),
      dims: [...view.dims.slice(0, -1), atoms],
    },
  };
};
