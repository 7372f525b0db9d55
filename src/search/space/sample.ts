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
  gate,
  globalAvgPool2d,
  maxPool2d,
  prelu,
  repeat,
  residual,
} from '../../model/layers.ts';
import { model } from '../../model/model.ts';
import type { InputShape, Layer, Model } from '../../model/types.ts';
import { shapeAfter } from './fitting.ts';
import { type AnyActivation, type BlockSpace, type HeadSpace, isPrelu, type Range, type Space } from './space.ts';

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
  readonly activation: AnyActivation;
  readonly batchNorm: boolean;
}

export function drawStyle({ activations, batchNorm: choices }: Space, random: Random): Style {
  return { activation: oneOf(activations, random), batchNorm: oneOf(choices, random) };
}

/** How the convolutions of a style are made, and the layers that follow them. */
export function styled({ activation, batchNorm: normed }: Style): {
  readonly own: WeightedOptions;
  readonly after: readonly Layer[];
} {
  const slopes = isPrelu(activation);
  return {
    own: normed ? { bias: false } : slopes ? {} : { activation },
    after: [...(normed ? [batchNorm()] : []), ...(slopes ? [prelu()] : normed ? [activationLayer(activation)] : [])],
  };
}

interface WeightedOptions {
  readonly bias?: boolean;
  readonly activation?: Activation;
}

/** The layers of a block for an input of `channels`. */
export function blockLayers(block: BlockSpace, channels: number, style: Style, random: Random): Layer[] {
  const { own, after } = styled(style);
  const bare = styled({ ...style, batchNorm: false });
  const same = { padding: 'same' } as const;
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
      const paths = [[conv2d(left ?? 1, 1, own)], [conv2d(right ?? 1, 3, { ...own, ...same })]] as const;
      return [conv2d(squeezed ?? 1, 1, bare.own), ...bare.after, branch(...paths), ...after];
    }
    case 'residual':
      return [residual(conv2d(channels, oneOf(block.kernels, random), { ...own, ...same })), ...after];
    case 'projection': {
      const filters = within(block.filters, random);
      const options = { strides: oneOf(block.strides, random), ...same };
      const shortcut = [conv2d(filters, 1, { ...options, bias: false })];
      return [residual({ shortcut }, conv2d(filters, oneOf(block.kernels, random), { ...own, ...options })), ...after];
    }
    case 'repeat': {
      // Normalised each time by the same statistics, its times could not differ: there is none.
      const times = within(block.times, random);
      const kernel = oneOf(block.kernels, random);
      const layers =
        oneOf(block.kinds, random) === 'convolution'
          ? [conv2d(channels, kernel, { ...bare.own, ...same })]
          : [depthwiseConv2d(kernel, { ...same, bias: false }), conv2d(channels, 1, bare.own)];
      return [repeat(times, ...layers, ...bare.after)];
    }
    case 'gate': {
      const squeezed = dense(within(block.squeezed, random), { activation: 'relu' });
      return [gate(globalAvgPool2d(), squeezed, dense(channels, { activation: 'sigmoid' }))];
    }
    case 'pooling': {
      const size = oneOf(block.sizes, random);
      const options = { padding: oneOf(block.padding, random) };
      return [oneOf(block.kinds, random) === 'maximum' ? maxPool2d(size, options) : avgPool2d(size, options)];
    }
  }
}

export function headLayers(head: HeadSpace, classes: number, activation: AnyActivation, random: Random): Layer[] {
  const hidden = (units: Range) => {
    const { own, after } = styled({ activation, batchNorm: false });
    return [dense(within(units, random), own), ...after];
  };
  switch (head.type) {
    case 'dense':
      return [flatten(), dense(classes)];
    case 'hidden':
      return [flatten(), ...hidden(head.units), dense(classes)];
    case 'average':
      return [conv2d(classes, 1), globalAvgPool2d()];
    case 'pooled':
      return [globalAvgPool2d(), ...(head.units ? hidden(head.units) : []), dense(classes)];
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
