import type { Activation } from '../../core/activation.ts';
import { OptionError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import {
  activation as activationLayer,
  avgPool2d,
  batchNorm,
  branch,
  conv2d,
  dense,
  depthwiseConv2d,
  flatten,
  globalAvgPool2d,
  maxPool2d,
  residual,
} from '../../model/layers.ts';
import { model } from '../../model/model.ts';
import type { InputShape, Layer, Model } from '../../model/types.ts';
import { shapeAfter } from './fitting.ts';
import type { BlockSpace, HeadSpace, Range, Space } from './space.ts';

/** One of several, each as likely as the others. */
export function oneOf<T>(items: readonly T[], random: Random): T {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new OptionError('There is nothing to draw from');
  return item;
}

/** An integer of a range, as likely between 2 and 3 as between 32 and 63: what halving or doubling changes is what counts. */
export function within([least, most]: Range, random: Random): number {
  const octaves: Range[] = [];
  for (let low = least; low <= most; low *= 2) octaves.push([low, Math.min(most, 2 * low - 1)]);
  const [low, high] = oneOf(octaves, random);
  return low + random.below(high - low + 1);
}

/** A block, each as likely as its weight says. */
export function drawBlock({ blocks }: Space, random: Random): BlockSpace {
  let rest = random.uniform() * blocks.reduce((sum, { weight }) => sum + weight, 0);
  for (const block of blocks) {
    rest -= block.weight;
    if (rest < 0) return block;
  }
  return oneOf(
    blocks.filter(({ weight }) => weight > 0),
    random,
  );
}

/** What all blocks of a network share. */
export interface Style {
  readonly activation: Activation;
  readonly batchNorm: boolean;
}

export function drawStyle({ activations, batchNorm: choices }: Space, random: Random): Style {
  return { activation: oneOf(activations, random), batchNorm: oneOf(choices, random) };
}

/** The layers of a block for an input of `channels`. */
export function blockLayers(
  block: BlockSpace,
  channels: number,
  { activation, batchNorm: normed }: Style,
  random: Random,
): Layer[] {
  const after = normed ? [batchNorm(), activationLayer(activation)] : [];
  const own = normed ? { bias: false } : { activation };
  switch (block.type) {
    case 'convolution': {
      const { filters, kernels, strides, padding } = block;
      const options = { strides: oneOf(strides, random), padding: oneOf(padding, random), ...own };
      return [conv2d(within(filters, random), oneOf(kernels, random), options), ...after];
    }
    case 'separable': {
      const { filters, kernels, strides, padding } = block;
      const options = { strides: oneOf(strides, random), padding: oneOf(padding, random), bias: false };
      return [depthwiseConv2d(oneOf(kernels, random), options), conv2d(within(filters, random), 1, own), ...after];
    }
    case 'condense': {
      const [squeezed, left, right] = [block.squeezed, block.expanded, block.expanded].map((range) => within(range, random));
      const paths = [[conv2d(left ?? 1, 1, own)], [conv2d(right ?? 1, 3, { ...own, padding: 'same' })]] as const;
      return [conv2d(squeezed ?? 1, 1, { activation }), branch(...paths), ...after];
    }
    case 'residual':
      return [residual(conv2d(channels, oneOf(block.kernels, random), { ...own, padding: 'same' })), ...after];
    case 'pooling': {
      const size = oneOf(block.sizes, random);
      const options = { padding: oneOf(block.padding, random) };
      return [oneOf(block.kinds, random) === 'maximum' ? maxPool2d(size, options) : avgPool2d(size, options)];
    }
  }
}

export function headLayers(head: HeadSpace, classes: number, activation: Activation, random: Random): Layer[] {
  switch (head.type) {
    case 'dense':
      return [flatten(), dense(classes)];
    case 'hidden':
      return [flatten(), dense(within(head.units, random), { activation }), dense(classes)];
    case 'average':
      return [conv2d(classes, 1), globalAvgPool2d()];
  }
}

/** Blocks that don't fit are drawn again so many times. */
const ATTEMPTS = 20;

/** A network of a space for images of `input` and so many classes. The same for the same state of `random`. */
export function sampleModel(space: Space, input: InputShape, classes: number, random: Random): Model {
  if (input.length !== 3)
    throw new OptionError(`sampleModel: the input must be an image, [height, width, channels], got [${input}]`);
  const style = drawStyle(space, random);
  const [least, most] = space.depth;
  const depth = least + random.below(most - least + 1);
  let layers: Layer[] = [];
  for (let index = 0; index < depth; index++)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const channels = shapeAfter(input, layers)?.[2] ?? 1;
      const longer = [...layers, ...blockLayers(drawBlock(space, random), channels, style, random)];
      if (!shapeAfter(input, longer)) continue;
      layers = longer;
      break;
    }
  return model(input, [...layers, ...headLayers(oneOf(space.heads, random), classes, style.activation, random)]);
}
