import type { Random } from '../../core/random.ts';
import { avgPool2d, conv2d, depthwiseConv2d, maxPool2d, repeat, residual } from '../../model/layers.ts';
import type { InputShape, Layer, Model } from '../../model/types.ts';
import { fittingModel } from './fitting.ts';
import { drawStyle, headLayers, oneOf, type Style, styled, within } from './sample.ts';
import type { BlockSpace, HeadSpace, PatternName, Space } from './space.ts';
import { blocksIn } from './structure.ts';

/** Layers of a pattern, part for part; undefined for one that the space does not name. */
type Parts = readonly (readonly Layer[] | undefined)[];

/**
 * What is known to hold much in few parameters, as of November 2026, for a width of the first convolution:
 * `separable`: JoshWarn's 697 parameters, 99.03% on MNIST; `stacked`: adilsammar's 3,762, 99.52%; `repeated`: ruslangrimov's 1,936, 99.10%;
 * `strided` and `residual`: what searches of ours came to.
 */
const PATTERNS: { readonly [P in PatternName]: (parts: PartMaker, width: number, random: Random) => Parts } = {
  separable(parts, width, random) {
    const blocks = 3 + random.below(3);
    const growth = oneOf([1, 1.15, 1.3], random);
    const separables = Array.from({ length: blocks }, (_, index) => parts.separable(width * growth ** index));
    return [parts.convolution(width, 1), parts.pooling(), ...separables, parts.head('pooled', 'average')];
  },
  stacked(parts, wide, random) {
    // Up to nine of them need less.
    const width = wide / 2;
    const growth = oneOf([1, 1.5, 2], random);
    const stack = (filters: number) =>
      Array.from({ length: 1 + random.below(3) }, () => parts.convolution(filters, 1, { kernels: [3], padding: 'same' }));
    const [first, second, third] = [stack(width), stack(width * growth), stack(width * growth)];
    return [...first, parts.pooling(), ...second, parts.pooling(), ...third, parts.head('pooled', 'average')];
  },
  strided(parts, width, random) {
    // The dense layer has weights for each pixel that is left: what comes to it is small and narrow.
    const strides = 2 + random.below(2);
    const growth = oneOf([0.5, 0.7, 1], random);
    const convolutions = Array.from({ length: strides + random.below(2) }, (_, index) =>
      parts.convolution(width * growth ** index, index < strides ? 2 : 1),
    );
    return [...convolutions, parts.head('dense')];
  },
  residual(parts, width, random) {
    const residuals = Array.from({ length: 1 + random.below(2) }, () => parts.residual(width));
    return [parts.convolution(width, 2), ...residuals, parts.pooling([3, 4]), parts.head('dense', 'pooled')];
  },
  repeated(parts, width, random) {
    const wide = width * oneOf([1, 2], random);
    return [
      parts.convolution(width, 1),
      parts.pooling(),
      parts.separable(wide),
      parts.repeat(wide),
      parts.head('pooled', 'average'),
    ];
  },
};

/** The width of the first convolution of networks that hold floors of 95% (with one channel), times the root of how much less may go wrong. */
const WIDTH_AT_95 = 3;
/** By how much it is changed at random. */
const SPREAD = [0.6, 0.75, 1, 1.3, 1.7];

/**
 * A network of one of the patterns of a space, about as wide as a floor asks for; made of what the space names alone. Undefined where
 * the pattern that was drawn can't be made of that, or does not fit the image.
 */
export function drawPattern(
  space: Space,
  { input, classes, floor }: { readonly input: InputShape; readonly classes: number; readonly floor: number },
  random: Random,
): Model | undefined {
  const { patterns = [] } = space;
  if (patterns.length === 0) return undefined;
  const colours = Math.sqrt(input.at(-1) ?? 1);
  const width = WIDTH_AT_95 * Math.sqrt(0.05 / (1 - floor)) * colours * oneOf(SPREAD, random);
  const parts = new PartMaker(space, drawStyle(space, random), classes, random);
  const made = PATTERNS[oneOf(patterns, random)](parts, width, random);
  if (made.some((part) => part === undefined)) return undefined;
  const layers = made.flatMap((part) => part ?? []);
  const blocks = blocksIn(layers);
  const [least, most] = space.depth;
  return blocks >= least && blocks <= most ? fittingModel(input, layers) : undefined;
}

type Convolved = Extract<BlockSpace, { readonly type: 'convolution' | 'separable' }>;

/** Makes parts of a pattern of the blocks that a space names, each undefined where it names none that is one. */
class PartMaker {
  constructor(
    private readonly space: Space,
    private readonly style: Style,
    private readonly classes: number,
    private readonly random: Random,
  ) {}

  convolution(width: number, stride: number, asked: Asked = {}): readonly Layer[] | undefined {
    const found = this.windowOf('convolution', width, stride, asked);
    if (!found) return undefined;
    const { own, after } = styled(this.style);
    const { filters, kernel, padding } = found;
    return [conv2d(filters, kernel, { strides: stride, padding, ...own }), ...after];
  }

  separable(width: number): readonly Layer[] | undefined {
    const found = this.windowOf('separable', width, 1, {});
    if (!found) return undefined;
    const { own, after } = styled(this.style);
    const { filters, kernel, padding } = found;
    return [depthwiseConv2d(kernel, { padding, bias: false }), conv2d(filters, 1, own), ...after];
  }

  pooling(asked: readonly number[] = [2]): readonly Layer[] | undefined {
    const pools = this.blocks('pooling').filter(({ sizes }) => sizes.some((size) => asked.includes(size)));
    if (pools.length === 0) return undefined;
    const { kinds, padding, sizes } = oneOf(pools, this.random);
    const size = oneOf(
      sizes.filter((one) => asked.includes(one)),
      this.random,
    );
    const options = { padding: oneOf(padding, this.random) };
    return [oneOf(kinds, this.random) === 'maximum' ? maxPool2d(size, options) : avgPool2d(size, options)];
  }

  /** For an input as wide as `convolution` makes it. */
  residual(width: number): readonly Layer[] | undefined {
    const kernels = this.blocks('residual').flatMap((block) => block.kernels);
    if (kernels.length === 0) return undefined;
    const { own, after } = styled(this.style);
    const filters = this.filtersOf(this.blocks('convolution'), width);
    return [residual(conv2d(filters, oneOf(kernels, this.random), { ...own, padding: 'same' })), ...after];
  }

  /** For an input as wide as `separable` makes it. */
  repeat(width: number): readonly Layer[] | undefined {
    const blocks = this.blocks('repeat').filter(({ kinds }) => kinds.includes('separable'));
    if (blocks.length === 0) return undefined;
    const { kernels, times } = oneOf(blocks, this.random);
    const { own, after } = styled({ ...this.style, batchNorm: false });
    const depthwise = depthwiseConv2d(oneOf(kernels, this.random), { padding: 'same', bias: false });
    const filters = this.filtersOf(this.blocks('separable'), width);
    return [repeat(within(times, this.random), depthwise, conv2d(filters, 1, own), ...after)];
  }

  /** A head of the first of these kinds that the space names. */
  head(...types: readonly HeadSpace['type'][]): readonly Layer[] | undefined {
    const type = types.find((one) => this.space.heads.some((head) => head.type === one));
    const heads = this.space.heads.filter((head) => head.type === type);
    return heads.length === 0
      ? undefined
      : headLayers(oneOf(heads, this.random), this.classes, this.style.activation, this.random);
  }

  private windowOf(type: Convolved['type'], width: number, stride: number, { kernels = SMALL, padding }: Asked) {
    const blocks = this.blocks(type).filter(
      (block) =>
        block.strides.includes(stride) &&
        block.kernels.some((kernel) => kernels.includes(kernel)) &&
        (padding === undefined || block.padding.includes(padding)),
    );
    if (blocks.length === 0) return undefined;
    const filters = this.filtersOf(blocks, width);
    // Of blocks that differ in width, the one that has this.
    const block = blocks.find(({ filters: [least, most] }) => filters >= least && filters <= most) ?? oneOf(blocks, this.random);
    const kernel = oneOf(
      block.kernels.filter((one) => kernels.includes(one)),
      this.random,
    );
    return { filters, kernel, padding: padding ?? oneOf(block.padding, this.random) };
  }

  /** The width that the blocks name and that is nearest. */
  private filtersOf(blocks: readonly { readonly filters: readonly [number, number] }[], width: number): number {
    const rounded = Math.round(width);
    const near = blocks.map(({ filters: [least, most] }) => Math.min(most, Math.max(least, rounded)));
    return near.reduce((best, one) => (Math.abs(one - rounded) < Math.abs(best - rounded) ? one : best), near[0] ?? rounded);
  }

  private blocks<T extends BlockSpace['type']>(type: T): Extract<BlockSpace, { readonly type: T }>[] {
    return this.space.blocks.filter(
      (block): block is Extract<BlockSpace, { readonly type: T }> => block.type === type && block.weight > 0,
    );
  }
}

interface Asked {
  readonly kernels?: readonly number[];
  readonly padding?: 'same' | 'valid';
}

const SMALL: readonly number[] = [3, 4, 5];
