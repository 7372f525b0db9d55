import type { Activation } from '../../../core/activation.ts';
import { activation } from '../../../model/layers/activation.ts';
import { prelu } from '../../../model/layers/prelu.ts';
import { type Constant, scalarOf } from '../constant.ts';
import { type Feature, perChannel, through, withChannels } from '../feature.ts';
import type { Importer, Operator } from '../importer.ts';
import { factorAt, layerNode } from '../ir.ts';
import type { OnnxNode } from '../node.ts';
import { sameAtomSet } from '../view.ts';

/** Each element alone. */
export function activated(node: OnnxNode, input: Feature, kind: Activation): Feature {
  return through(
    input,
    layerNode(node.where, input.node, () => activation(kind)),
  );
}

const plain =
  (kind: Activation): Operator =>
  (node, importer) =>
    activated(node, importer.feature(node, 0), kind);

export const Relu = plain('relu');
export const Sigmoid = plain('sigmoid');
export const Tanh = plain('tanh');
export const HardSwish = plain('hardSwish');

export const LeakyRelu: Operator = (node, importer) =>
  activated(node, importer.feature(node, 0), { type: 'leakyRelu', slope: node.number('alpha', 0.01) });

export const Elu: Operator = (node, importer) => {
  const alpha = node.number('alpha', 1);
  if (alpha !== 1) throw node.attributeFault('alpha', `is ${alpha}`, 'needed is 1: elu has no other here');
  return activated(node, importer.feature(node, 0), 'elu');
};

export const Gelu: Operator = (node, importer) => {
  const approximate = node.text('approximate', 'none');
  if (approximate !== 'none')
    throw node.attributeFault('approximate', `is '${approximate}'`, "needed is 'none': gelu is the exact one here");
  return activated(node, importer.feature(node, 0), 'gelu');
};

/** clip(alpha x + beta, 0, 1): ours is clip(x / 6 + 1 / 2, 0, 1), of x scaled. */
export const HardSigmoid: Operator = (node, importer) => {
  const [alpha, beta] = [node.number('alpha', 0.2), node.number('beta', 0.5)];
  // 1 / 6 as float32 writes it is 1 / 6.
  const scale = Math.abs(6 * alpha - 1) < 1e-6 ? 1 : 6 * alpha;
  const offset = 6 * (beta - 0.5);
  const input = importer.feature(node, 0);
  return activated(node, scale === 1 && offset === 0 ? input : importer.affine(node, input, scale, offset), 'hardSigmoid');
};

/** From `min` to `max`, which are attributes before opset 11; ours are relu and relu6, of x scaled. */
export const Clip: Operator = (node, importer) => {
  const input = importer.feature(node, 0);
  const limit = (index: number, name: string, missing: number) => {
    const given = importer.optionalConstant(node, index);
    if (given) return scalarOf(node.where, given);
    return node.has(name) ? node.number(name, missing) : missing;
  };
  const [least, most] = [limit(1, 'min', Number.NEGATIVE_INFINITY), limit(2, 'max', Number.POSITIVE_INFINITY)];
  return clipped(node, importer, input, least, most);
};

/** float32's largest number and beyond: exporters write it where there is no limit. */
const HUGE = 3.4e38;

function clipped(node: OnnxNode, importer: Importer, input: Feature, least: number, most: number): Feature {
  const [below, above] = [least > -HUGE, most < HUGE];
  if (!below && !above) return input;
  if (!(least < most)) throw node.fault(`it clips from ${least} to ${most}`, 'needed is a range');
  if (!above) return shifted(node, importer, input, least, 1, 'relu');
  if (!below) throw node.fault(`it clips at ${most} from above alone`, 'needed is a lower limit: relu and relu6 have one');
  return shifted(node, importer, input, least, (most - least) / 6, 'relu6');
}

/** least + unit * kind((x - least) / unit). */
function shifted(node: OnnxNode, importer: Importer, input: Feature, least: number, unit: number, kind: Activation): Feature {
  if (least === 0 && unit === 1) return activated(node, input, kind);
  const before = importer.affine(node, input, 1 / unit, -least / unit);
  return importer.affine(node, activated(node, before, kind), unit, least);
}

export const PRelu: Operator = (node, importer) => {
  const given = importer.feature(node, 0);
  const slope = importer.constant(node, 1);
  const { feature, factor } = slopes(node, given, slope);
  const channels = feature.node.shape.at(-1) ?? 1;
  const made = importer.weighted(node, feature.node, () => prelu(), {
    from: [slope],
    order: typeof factor === 'number' ? 'one' : `${node.outputs[0]}`,
    values: {
      slope: { shape: [channels], at: (channel) => factorAt(factor, channel) },
    },
  });
  return through(feature, made);
};

/** A slope a channel; where the file has one for each pixel, they must be the same in all of them. */
function slopes(node: OnnxNode, feature: Feature, slope: Constant) {
  const { axes, dims } = feature.view;
  const [rows] = slope.shape;
  // PyTorch's slope of one axis is of channels, which NumPy's broadcasting would lay along the last axis.
  if (
    slope.shape.length === 1 &&
    axes.length > 1 &&
    rows !== 1 &&
    sameAtomSet(axes[0] ?? [], dims.at(-1) ?? []) &&
    rows === axes[0]?.[0]?.size
  ) {
    const { feature: placed, channels } = withChannels(node, feature, axes[0] ?? []);
    return { feature: placed, factor: Float64Array.from(channels, (position) => slope.data[position] ?? 0) };
  }
  return perChannel(node, feature, slope);
}

/** Over all elements of a sample, or the channels of each pixel. */
export const Softmax: Operator = (node, importer) => {
  const input = importer.feature(node, 0);
  const { axes } = input.view;
  const rank = axes.length + 1;
  const isOld = node.opset < 13;
  const given = node.integer('axis', isOld ? 1 : -1);
  const axis = given < 0 ? given + rank : given;
  const fault = () =>
    node.attributeFault(
      'axis',
      `${given} is not that of the channels`,
      'needed is a softmax over classes, or over the channels of each pixel',
    );
  if (axis < 1 || axis >= rank) throw fault();
  // Before opset 13, all axes from this one on are one.
  const over = (isOld ? axes.slice(axis - 1) : [axes[axis - 1] ?? []]).flat();
  return activated(node, withChannels(node, input, over, fault).feature, 'softmax');
};

export const LogSoftmax: Operator = (node) => {
  throw node.fault(
    'a logarithm of a softmax has no layer',
    `needed are the logits, its input: decodeOnnx(bytes, { output: '${node.inputs[0]}' }) ends there, and softmaxCrossEntropy trains on them`,
  );
};
