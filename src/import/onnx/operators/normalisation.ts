import { batchNorm } from '../../../model/layers/batch-norm.ts';
import { layerNorm } from '../../../model/layers/layer-norm.ts';
import type { Constant } from '../constant.ts';
import { through, withChannels } from '../feature.ts';
import type { Made, Operator } from '../importer.ts';
import type { OnnxNode } from '../node.ts';
import { sizeOf } from '../view.ts';

/** A parameter of each channel, in our order of channels. */
function placed(node: OnnxNode, constant: Constant, channels: Int32Array): Made {
  if (constant.data.length !== channels.length)
    throw node.fault(
      `its '${constant.name}' has ${constant.data.length} elements for ${channels.length} channels`,
      'the file is damaged',
    );
  return {
    shape: [channels.length],
    at: (channel) => constant.data[channels[channel] ?? 0] ?? 0,
  };
}

export const BatchNormalization: Operator = (node, importer) => {
  if (node.flag('training_mode', false))
    throw node.attributeFault('training_mode', 'is 1', 'export the network for inference: model.eval() in PyTorch');
  if (!node.flag('spatial', true))
    throw node.attributeFault('spatial', 'is 0: a mean for each pixel', 'needed is 1, one for each channel');
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((index) => importer.constant(node, index)) as [
    Constant,
    Constant,
    Constant,
    Constant,
  ];
  const given = importer.feature(node, 0);
  const { feature, channels } = withChannels(node, given, given.view.axes[0] ?? []);
  const epsilon = node.number('epsilon', 1e-5);
  const momentum = node.number('momentum', 0.9);
  const made = importer.weighted(node, feature.node, () => batchNorm({ epsilon, momentum }), {
    from: [scale, offset, mean, variance],
    order: channels.every((position, channel) => position === channel) ? '' : `turned ${node.outputs[0]}`,
    values: {
      scale: placed(node, scale, channels),
      offset: placed(node, offset, channels),
      mean: placed(node, mean, channels),
      variance: placed(node, variance, channels),
    },
  });
  return through(feature, made);
};

/** Over the last axes: the channels of each pixel, or all elements of a sample as a vector's. */
export const LayerNormalization: Operator = (node, importer) => {
  const given = importer.feature(node, 0);
  const { axes } = given.view;
  const rank = axes.length + 1;
  const first = node.integer('axis', -1);
  const begin = (first < 0 ? first + rank : first) - 1;
  const epsilon = node.number('epsilon', 1e-5);
  node.integer('stash_type', 1);
  const fault = () =>
    node.attributeFault(
      'axis',
      `${first} normalises other axes than the channels of each pixel`,
      'needed are the channels alone, as the last axis, or all axes of a sample',
    );
  if (begin < 0 || begin >= axes.length) throw fault();
  const { feature, channels } = withChannels(node, given, axes.slice(begin).flat(), fault);
  const scale = importer.constant(node, 1);
  const offset = importer.optionalConstant(node, 2);
  const none: Made = { shape: [channels.length], at: () => 0 };
  const made = importer.weighted(node, feature.node, () => layerNorm({ axes: 'channels', epsilon }), {
    from: [scale, offset],
    order: channels.every((position, channel) => position === channel) ? '' : `turned ${node.outputs[0]}`,
    values: { scale: placed(node, scale, channels), offset: offset ? placed(node, offset, channels) : none },
  });
  return through(feature, made);
};

/** Of one channel: all elements of a sample, by one scale and offset. */
export const InstanceNormalization: Operator = (node, importer) => {
  const input = importer.feature(node, 0);
  const [scale, offset] = [importer.constant(node, 1), importer.constant(node, 2)];
  const epsilon = node.number('epsilon', 1e-5);
  const [channels = []] = input.view.axes;
  if (channels.length > 0 || scale.data.length !== 1 || offset.data.length !== 1)
    throw node.fault(
      `it normalises each of ${sizeOf(channels)} channels alone`,
      'needed is a normalisation of all of a sample, of the channels of each pixel, or of each channel over the batch',
    );
  const one = ({ data }: Constant): Made => ({ shape: [1], at: () => data[0] ?? 0 });
  const made = importer.weighted(node, input.node, () => layerNorm({ axes: 'sample', scalar: true, epsilon }), {
    from: [scale, offset],
    order: 'sample',
    values: { scale: one(scale), offset: one(offset) },
  });
  return through(input, made);
};
